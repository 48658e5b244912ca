import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compactType, encodeCompact } from '../../shared/batch/compact.ts';
import type { BytesResult } from '../../shared/batch/output-list.ts';
import type { OutputRecord } from '../../shared/batch/types.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';

/** What is sent: status, headers and a body that is either whole or a stream. */
export interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer | string | Readable;
}

type Structured = {
  statusCode: number;
  headers?: Record<string, string | number | boolean>;
  cookies?: string[];
  body?: unknown;
  isBase64Encoded?: boolean;
};

/**
 * A handler's result as an HTTP answer: `{statusCode, headers, body, isBase64Encoded, cookies}` as AWS's HTTP API
 * takes it, where `body` may also be a stream or an async iterable; anything else is sent as JSON with 200.
 */
export function answerOf(result: unknown): Answer {
  if (result === undefined || result === null) return { status: 200, headers: {}, body: '' };
  if (!isStructured(result)) return json(200, result);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(result.headers ?? {})) headers[name] = String(value);
  if (result.cookies !== undefined) headers['set-cookie'] = result.cookies;
  const { body = '', statusCode: status } = result;
  if (body instanceof Readable) return { status, headers, body };
  if (Buffer.isBuffer(body)) return { status, headers, body };
  if (isAsyncIterable(body)) return { status, headers, body: Readable.from(body) };
  if (typeof body !== 'string') {
    return {
      status,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    };
  }
  if (!hasContentType(headers) && body !== '') headers['content-type'] = 'application/json';
  return { status, headers, body: result.isBase64Encoded ? Buffer.from(body, 'base64') : body };
}

/** What a handler that takes bytes makes of a batch: in the compact form for who takes that, else as JSON. */
export function answerOfBatch({ records, ...head }: BytesResult, { compact }: { compact: boolean }): Answer {
  if (records === undefined) return json(200, head);
  if (!compact || records.count === 0)
    return json(200, { ...head, records: records.records().map(inBase64) });
  const { bytes, count, baseOffset } = records;
  const body = encodeCompact(
    head,
    { count, offset: baseOffset, timestamp: 0 },
    { room: bytes.length, write: (into, at) => at + bytes.copy(into, at) },
  );
  return { status: 200, headers: { 'content-type': compactType }, body };
}

function inBase64({ key, value, ...rest }: OutputRecord<Buffer>): OutputRecord {
  return {
    ...(key === undefined ? {} : { key: key.toString('base64') }),
    ...(value === undefined ? {} : { value: value.toString('base64') }),
    ...rest,
  };
}

/** The answer to anything thrown: an HttpError says its own status, anything else is a 500. */
export function answerOfError(error: unknown): Answer {
  if (!(error instanceof HttpError)) return json(500, { error: messageOf(error) });
  const answer = json(error.statusCode, { error: error.message, ...error.details });
  if (error.retryAfterSeconds !== undefined) answer.headers['retry-after'] = String(error.retryAfterSeconds);
  return answer;
}

/** Sends an answer; a stream that fails half-way breaks the connection, so that no one takes it as whole. */
export async function send(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
  if (response.destroyed) return;
  if (body instanceof Readable) {
    response.writeHead(status, headers);
    await pipeline(body, response);
    return;
  }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function isStructured(value: unknown): value is Structured {
  return typeof value === 'object' && value !== null && Number.isInteger((value as Structured).statusCode);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function hasContentType(headers: OutgoingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
}
