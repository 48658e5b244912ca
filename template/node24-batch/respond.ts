import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compactType, encodeCompact } from '../../shared/batch/compact.ts';
import {
  type Base64OrBytes,
  type BatchResult,
  bytesOf,
  type OutputRecord,
} from '../../shared/batch/types.ts';
import { recordSize, writeRecord } from '../../shared/clients/kafka-protocol/record-list.ts';
import type { NewRecord } from '../../shared/clients/kafka-protocol/records.ts';
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
export function answerOfBatch(result: BatchResult<Base64OrBytes>, { compact }: { compact: boolean }): Answer {
  const { records = [], ...head } = result;
  if (compact && records.length > 0) return compactAnswer(head, records);
  return json(200, {
    ...result,
    ...(result.records === undefined ? {} : { records: records.map(inBase64) }),
  });
}

function compactAnswer(
  head: BatchResult<Base64OrBytes>,
  records: readonly OutputRecord<Base64OrBytes>[],
): Answer {
  const outputs = records.map(outputOf);
  const offset = records[0]?.sourceOffset ?? 0;
  const body = encodeCompact(
    head,
    { count: records.length, offset, timestamp: 0 },
    {
      room: outputs.reduce((sum, output) => sum + recordSize(output), 0),
      write(bytes, start) {
        let at = start;
        for (let i = 0; i < outputs.length; i++) {
          const { sourceOffset } = records[i] as OutputRecord<Base64OrBytes>;
          at = writeRecord(bytes, at, outputs[i] as NewRecord, 0, sourceOffset - offset);
        }
        return at;
      },
    },
  );
  return { status: 200, headers: { 'content-type': compactType }, body };
}

function outputOf({ key, value, headers }: OutputRecord<Base64OrBytes>): NewRecord {
  return {
    key: key === undefined ? null : bytesOf(key),
    value: value === undefined ? null : bytesOf(value),
    headers:
      headers?.flatMap((header) =>
        Object.entries(header).map(([name, bytes]) => [Buffer.from(name), Buffer.from(bytes)] as const),
      ) ?? [],
    timestamp: 0,
  };
}

function inBase64({ key, value, ...rest }: OutputRecord<Base64OrBytes>): OutputRecord<Base64OrBytes> {
  return {
    ...(key === undefined ? {} : { key: bytesOf(key).toString('base64') }),
    ...(value === undefined ? {} : { value: bytesOf(value).toString('base64') }),
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
