import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from '../engine/connection.ts';
import { EngineError, engineError } from '../engine/engine-error.ts';
import type { ServerMetrics } from '../metrics.ts';
import { classify, type Statement } from '../sql/statement.ts';
import { sendError } from './answer.ts';
import { type Body, readBody } from './body.ts';
import { chooseEncoding, decoded } from './compression.ts';
import { type Execution, runInsert, runOther, runSelect, runStreamedInsert } from './execute.ts';
import { keepReadonly } from './readonly.ts';
import { parseRequest, type QueryRequest } from './request.ts';
import type { Sessions } from './sessions.ts';
import { authenticate, type Readonly, type User } from './users.ts';

export interface QueryHandlerOptions extends Execution {
  sessions: Sessions;
  users: readonly User[];
  metrics: ServerMetrics;
  /** Where a request without a database lands. */
  defaultDatabase: string;
  /** Bytes of a body that are held in memory. */
  maxBodyBytes: number;
}

export type QueryHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

/** An INSERT's statement must end within this many bytes, as with ClickHouse's max_query_size. */
const headBytes = 262_144;

/** Answers one request for a query; every failure becomes an answer. */
export function createQueryHandler(options: QueryHandlerOptions): QueryHandler {
  const { users, metrics, connections } = options;
  return async (message, response, url) => {
    const startedAt = process.hrtime.bigint();
    let kind = 'unknown';
    try {
      const request = parseRequest(message.method ?? 'GET', url, message.headers);
      response.setHeader('X-ClickHouse-Query-Id', request.queryId);
      const user = authenticate(users, request.credentials);
      const read = await readStatement(message, request, options.maxBodyBytes);
      kind = read.statement.kind;
      await execute(options, { request, user, read, response, startedAt });
      metrics.queryEnded({ kind, startedAt });
    } catch (thrown) {
      const error = thrown instanceof EngineError ? thrown : engineError(thrown);
      metrics.queryEnded({ kind, startedAt, error });
      // What is left of the body is not read: the client would otherwise send all of it first.
      if (!message.complete) response.setHeader('Connection', 'close');
      sendError(response, error, {
        version: connections.version,
        elapsedNs: Number(process.hrtime.bigint() - startedAt),
      });
      if (!message.complete) message.resume();
    }
  };
}

interface ReadStatement {
  statement: Exclude<Statement, { kind: 'refused' }>;
  /** For an INSERT: its data, or the beginning of it. */
  data: Body;
}

/** Reads as much of the request as tells the statement; of an INSERT also the data. */
async function readStatement(
  message: IncomingMessage,
  request: QueryRequest,
  maxBodyBytes: number,
): Promise<ReadStatement> {
  const body = await readBody(decoded(message, request.contentEncoding), maxBodyBytes).catch((error) => {
    throw unreadable(error);
  });
  const inAddress = Buffer.from(request.query ? `${request.query}\n` : '');
  const all = inAddress.length === 0 ? body.start : Buffer.concat([inAddress, body.start]);
  // One character a byte, so that positions are those of the bytes.
  const head = classify(all.toString('latin1', 0, headBytes));
  if (head.kind === 'insert') {
    const statement = {
      ...head,
      text: utf8(head.text),
      infileAt: utf8(head.text.slice(0, head.infileAt)).length,
    };
    return { statement, data: { start: all.subarray(head.dataStart), rest: body.rest } };
  }
  if (body.rest !== undefined) {
    throw new EngineError(229, 'QUERY_IS_TOO_LARGE', `Query is larger than ${maxBodyBytes} bytes`);
  }
  const statement = classify(all.toString('utf8'));
  if (statement.kind === 'refused') throw new EngineError(statement.code, statement.type, statement.reason);
  return { statement, data: { start: Buffer.alloc(0), rest: undefined } };
}

const utf8 = (latin1: string) => Buffer.from(latin1, 'latin1').toString('utf8');

function unreadable(error: NodeJS.ErrnoException): EngineError {
  if (error instanceof EngineError) return error;
  if (error.code?.startsWith('Z_') || error.code?.startsWith('ERR_') || error.code?.startsWith('ZSTD_')) {
    return new EngineError(
      354,
      'ZLIB_INFLATE_FAILED',
      `The request body cannot be decoded: ${error.message}`,
    );
  }
  return new EngineError(33, 'CANNOT_READ_ALL_DATA', `The request body broke off: ${error.message}`);
}

async function execute(
  options: QueryHandlerOptions,
  {
    request,
    user,
    read: { statement, data },
    response,
    startedAt,
  }: {
    request: QueryRequest;
    user: User;
    read: ReadStatement;
    response: ServerResponse;
    startedAt: bigint;
  },
): Promise<void> {
  const { connections, running, metrics, maxBodyBytes } = options;
  const format = outputFormat(statement, request);
  const slot = running.enter(request.queryId);
  let connection: Connection | undefined;
  let keep = false;
  const session = request.session && `${user.name}/${request.session.id}`;
  try {
    connection = await connectionFor(options, { request, user, session, statement });
    slot.runsOn(connection);
    const answering = {
      response,
      version: connections.version,
      format,
      encoding: request.compress ? chooseEncoding(request.acceptEncoding) : undefined,
      startedAt,
      queryId: request.queryId,
      wholeFirst: request.waitEndOfQuery,
    };
    if (statement.kind === 'select') await runSelect(options, connection, statement, answering);
    else if (statement.kind === 'other') await runOther(options, connection, statement, answering);
    else if (data.rest === undefined && !data.start.includes(endOfInlineData)) {
      const { written } = await runInsert(connection, statement.text, data.start, answering);
      metrics.inserted({ rows: written, bytes: data.start.length });
    } else {
      const { start, rest } = data;
      if (rest !== undefined) refuseTokenInPieces(request, statement.text, maxBodyBytes);
      const input = { start, rest: rest ?? nothing() };
      const { written } = await runStreamedInsert(options, connection, statement, input, answering);
      metrics.inserted({ rows: written, bytes: rest === undefined ? start.length : 0 });
    }
    keep = !(statement.kind === 'other' && statement.session);
  } finally {
    if (connection !== undefined && session === undefined) {
      connections.release(connection, { keep: keep && readonlyOf(request, user) === 0 });
    } else if (connection !== undefined && session !== undefined) {
      options.sessions.leave(session, { timeoutSeconds: request.session?.timeoutSeconds ?? 60 });
    }
    slot.leave();
  }
}

/**
 * At an empty line the engine takes data that follow a statement to be over, without a word: two such bytes within a
 * binary format or a CSV field would cost all rows after them. As an input of its own, data are read to their end.
 */
const endOfInlineData = '\n\n';

async function* nothing(): AsyncGenerator<Buffer, undefined> {}

/** A token stands for one block. A body that comes in pieces may break off after some blocks have been stored. */
function refuseTokenInPieces(request: QueryRequest, text: string, maxBodyBytes: number): void {
  if (!request.settings.insert_deduplication_token && !/insert_deduplication_token/i.test(text)) return;
  throw new EngineError(
    229,
    'QUERY_IS_TOO_LARGE',
    `An insert with insert_deduplication_token is one block, at most ${maxBodyBytes} bytes: ` +
      'send less at a time, or raise CLICKHOUSE_MAX_INSERT_BYTES',
  );
}

async function connectionFor(
  { connections, sessions, defaultDatabase }: QueryHandlerOptions,
  {
    request,
    user,
    session,
    statement,
  }: {
    request: QueryRequest;
    user: User;
    session: string | undefined;
    statement: ReadStatement['statement'];
  },
): Promise<Connection> {
  const { database } = request;
  const { text } = statement;
  const readonly = session === undefined ? readonlyOf(request, user) : user.readonly;
  const settings = keepReadonly(readonly, { text, settings: request.settings });
  if (session === undefined) {
    return connections.acquire({ database: database ?? defaultDatabase, settings, readonly });
  }
  if (request.reads && user.readonly === 0) refuseWrite(statement);
  const connection = await sessions.enter(session, {
    mustExist: request.session?.mustExist ?? false,
    open: () => connections.acquire({ database: defaultDatabase, settings: {}, readonly }),
  });
  try {
    await connection.prepare({ database, settings: { ...connections.settings, ...settings } });
  } catch (error) {
    sessions.leave(session, { timeoutSeconds: request.session?.timeoutSeconds ?? 60 });
    throw error;
  }
  return connection;
}

/** GET reads only, though it may change settings for itself. */
function readonlyOf(request: QueryRequest, user: User): Readonly {
  return user.readonly === 0 && request.reads ? 2 : user.readonly;
}

const readingVerbs = new Set(['SHOW', 'DESC', 'DESCRIBE', 'EXISTS', 'EXPLAIN', 'SET', 'USE', 'CHECK']);

/** A session's connection cannot be made read-only for one GET alone. */
function refuseWrite(statement: ReadStatement['statement']): void {
  if (statement.kind === 'select') return;
  if (statement.kind === 'other' && readingVerbs.has(statement.verb)) return;
  throw new EngineError(164, 'READONLY', 'Cannot execute query in readonly mode: GET only reads, use POST');
}

/** @throws EngineError 73 for a default format that is not a name. */
function outputFormat(statement: ReadStatement['statement'], { defaultFormat }: QueryRequest): string {
  const inQuery = statement.kind === 'insert' ? undefined : statement.format;
  const format = inQuery ?? defaultFormat ?? 'TabSeparated';
  if (!/^\w+$/.test(format)) throw new EngineError(73, 'UNKNOWN_FORMAT', `Unknown format ${format}`);
  return format;
}
