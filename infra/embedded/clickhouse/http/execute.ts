import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Connection, quoted } from '../engine/connection.ts';
import type { Connections } from '../engine/connections.ts';
import { EngineError } from '../engine/engine-error.ts';
import { type Pipes, readingEnd, writingEnd } from '../engine/pipes.ts';
import type { Statement } from '../sql/statement.ts';
import { type Answer, sendStreamed, sendWhole } from './answer.ts';
import { killByClientIds } from './kill.ts';
import type { Running } from './running.ts';

/** Where statements run. */
export interface Execution {
  connections: Connections;
  pipes: Pipes;
  running: Running;
  /** Bytes of a result that are held back before the answer begins. */
  resultBufferBytes: number;
}

export interface Rows {
  written: number;
}

type Answering = Omit<Answer, 'summary'> & { startedAt: bigint };

const elapsedNs = (startedAt: bigint) => Number(process.hrtime.bigint() - startedAt);

/** Runs a SELECT and sends its result as it comes. A client that goes away cancels it. */
export async function runSelect(
  { connections, pipes, resultBufferBytes }: Execution,
  connection: Connection,
  statement: Extract<Statement, { kind: 'select' }>,
  answering: Answering & { wholeFirst: boolean },
): Promise<void> {
  const path = await pipes.take();
  const reading = readingEnd(path);
  const gone = cancelWhenGone(answering.response, () => connections.cancel(connection));
  const outfile = ` INTO OUTFILE ${quoted(path)} TRUNCATE `;
  const { text, outfileAt, format } = statement;
  const sql = `${text.slice(0, outfileAt)}${outfile}${format ? text.slice(outfileAt) : `FORMAT ${answering.format}`}`;
  const ended = connection.query(sql, answering.format).then(
    () => {},
    (error) => {
      throw withoutText(error, outfile);
    },
  );
  try {
    await sendStreamed(
      { ...answering, summary: () => ({ elapsedNs: elapsedNs(answering.startedAt) }) },
      {
        source: reading.source,
        ended,
        bufferBytes: answering.wholeFirst ? Number.POSITIVE_INFINITY : resultBufferBytes,
      },
    );
  } finally {
    gone.stop();
    reading.source.resume();
    await ended.catch(() => {});
    await gone.cancelled;
    reading.close();
    pipes.give(path);
  }
}

/** Runs a statement whose result is small: DDL, SHOW, DESCRIBE, INSERT … SELECT. */
export async function runOther(
  { connections, running }: Execution,
  connection: Connection,
  statement: Extract<Statement, { kind: 'other' }>,
  answering: Answering & { queryId: string },
): Promise<void> {
  const { bytes, rowsRead, bytesRead } =
    statement.verb === 'KILL'
      ? await killByClientIds({ connections, running, connection, statement, answering })
      : await connection.query(statement.text, answering.format);
  await sendWhole(
    {
      ...answering,
      summary: () => ({
        resultRows: rowsRead,
        resultBytes: bytesRead,
        elapsedNs: elapsedNs(answering.startedAt),
      }),
    },
    bytes,
  );
}

/** Runs an INSERT whose data is here: one statement, and one block when its rows are fewer than a block's. */
export async function runInsert(
  connection: Connection,
  text: string,
  data: Buffer,
  answering: Answering,
): Promise<Rows> {
  const result = await connection.insert(text, data).catch((error) => {
    // A server takes an empty body for an insert of no rows.
    if (data.length === 0 && error instanceof EngineError && error.code === 108) {
      return { rowsWritten: 0, bytesWritten: 0 };
    }
    throw error;
  });
  await sendWritten(answering, result);
  return { written: result.rowsWritten };
}

/**
 * Runs an INSERT whose data is longer than may be held in memory: the engine reads it as it arrives. A body that
 * breaks off fails the statement; blocks that were full before stay, as on any server.
 */
export async function runStreamedInsert(
  { connections, pipes }: Execution,
  connection: Connection,
  statement: Extract<Statement, { kind: 'insert' }>,
  { start, rest }: { start: Buffer; rest: AsyncIterator<Buffer> },
  answering: Answering,
): Promise<Rows> {
  const path = await pipes.take();
  const { text, infileAt, format } = statement;
  const before = text.slice(0, infileAt);
  const settings = /^SETTINGS\s.*?(?=\s+(?:FORMAT|VALUES)\b)/is.exec(text.slice(infileAt))?.[0] ?? '';
  let target: Socket | undefined;
  let over = false;
  const ended = connection
    .query(`${before} FROM INFILE ${quoted(path)} ${settings} FORMAT ${format}`, 'Null')
    .finally(() => {
      over = true;
      target?.destroy();
    });
  ended.catch(() => {});
  try {
    target = await writingEnd(path, () => over);
    if (target !== undefined) {
      await writeTo(target, start);
      for (;;) {
        const { value, done } = await rest.next();
        if (done || over) break;
        await writeTo(target, value);
      }
      target.destroySoon();
    }
  } catch (error) {
    // First the statement, then its input: an end of the input would make the part a whole.
    await connections.cancel(connection);
    target?.destroy();
    await ended.catch(() => {});
    throw error;
  } finally {
    await ended.catch(() => {});
    pipes.give(path);
  }
  const { rowsRead } = await ended;
  await sendWritten(answering, { rowsWritten: rowsRead, bytesWritten: 0 });
  return { written: rowsRead };
}

/** Resolves once the chunk is with the engine, or the engine has gone. */
async function writeTo(target: Socket, chunk: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    target.once('close', resolve);
    target.write(chunk, () => {
      target.off('close', resolve);
      resolve();
    });
  });
}

async function sendWritten(
  answering: Answering,
  { rowsWritten, bytesWritten }: { rowsWritten: number; bytesWritten: number },
): Promise<void> {
  await sendWhole(
    {
      ...answering,
      encoding: undefined,
      summary: () => ({
        readRows: rowsWritten,
        readBytes: bytesWritten,
        writtenRows: rowsWritten,
        writtenBytes: bytesWritten,
        resultRows: rowsWritten,
        resultBytes: bytesWritten,
        elapsedNs: elapsedNs(answering.startedAt),
      }),
    },
    Buffer.alloc(0),
  );
}

function cancelWhenGone(response: ServerResponse, cancel: () => Promise<void>) {
  let cancelled: Promise<void> = Promise.resolve();
  const gone = () => {
    if (!response.writableFinished) cancelled = cancel().catch(() => {});
  };
  response.once('close', gone);
  return {
    stop: () => response.off('close', gone),
    get cancelled() {
      return cancelled;
    },
  };
}

function withoutText(error: unknown, text: string): unknown {
  if (!(error instanceof EngineError)) return error;
  return new EngineError(error.code, error.type, error.description.replaceAll(text.trim(), '').trim());
}
