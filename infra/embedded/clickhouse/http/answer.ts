import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { EngineError } from '../engine/engine-error.ts';
import { encoder } from './compression.ts';
import { contentTypeOf } from './content-type.ts';
import { statusOfException } from './status.ts';

/** What ClickHouse reports in X-ClickHouse-Summary; numbers are sent as text. */
export interface Summary {
  readRows?: number;
  readBytes?: number;
  writtenRows?: number;
  writtenBytes?: number;
  resultRows?: number;
  resultBytes?: number;
  elapsedNs: number;
}

export interface Answer {
  response: ServerResponse;
  version: string;
  format: string;
  /** Compress the body; undefined for no. */
  encoding: string | undefined;
  summary(): Summary;
}

/** Sends a whole result. */
export async function sendWhole(answer: Answer, body: Uint8Array): Promise<void> {
  const { response } = answer;
  setHeaders(answer);
  if (answer.encoding === undefined) {
    response.setHeader('Content-Length', body.length);
    response.end(body);
    return;
  }
  const out = encoder(answer.encoding);
  out.pipe(response);
  out.end(body);
}

/**
 * Sends a result while the engine makes it. Up to `bufferBytes` are held back, so that a query that fails
 * early is answered by a status; later, the exception ends the body (with the tag of a header, so that clients
 * find it) and the connection is broken off, so that no client takes the part for the whole.
 *
 * `ended` is the statement; `source` must end or be destroyed when it does.
 */
export async function sendStreamed(
  answer: Answer,
  { source, ended, bufferBytes }: { source: Readable; ended: Promise<void>; bufferBytes: number },
): Promise<void> {
  const { response } = answer;
  const held: Buffer[] = [];
  let heldBytes = 0;
  let out: Body | undefined;
  const tag = randomBytes(8).toString('hex');
  let failed: EngineError | undefined;
  const settled = ended.catch((error) => {
    failed = error;
    source.destroy();
  });
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      // Whoever asked has gone: the statement is being cancelled, and must not wait for a reader meanwhile.
      if (response.destroyed) continue;
      if (out !== undefined) await out.write(chunk);
      else {
        held.push(chunk);
        heldBytes += chunk.length;
        if (heldBytes > bufferBytes) {
          response.setHeader('X-ClickHouse-Exception-Tag', tag);
          setHeaders(answer);
          out = openBody(response, answer.encoding);
          for (const part of held.splice(0)) await out.write(part);
        }
      }
    }
  } catch (error) {
    // A source destroyed above; what counts is why.
    if (failed === undefined && !response.destroyed) throw error;
  }
  await settled;
  if (response.destroyed) throw failed ?? new EngineError(394, 'QUERY_WAS_CANCELLED', 'The client has gone');
  if (out === undefined) {
    if (failed !== undefined) throw failed;
    await sendWhole(answer, Buffer.concat(held, heldBytes));
    return;
  }
  if (failed === undefined) {
    await out.end();
    return;
  }
  const message = `${errorText(failed, answer.version)}\n`;
  const length = Buffer.byteLength(message);
  await out.breakOff(`\r\n__exception__\r\n${tag}\r\n${message}${length} ${tag}\r\n__exception__\r\n`);
  throw failed;
}

/** The body of an answer that is being sent. */
interface Body {
  /** Resolves when more may be written, or the client has gone. */
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
  /** Sends the last words, then ends such that no client takes what it has for the whole. */
  breakOff(last: string): Promise<void>;
}

function openBody(response: ServerResponse, encoding: string | undefined): Body {
  const gone = once(response, 'close').catch(() => {});
  if (encoding === undefined) {
    return {
      write: async (chunk) => {
        if (!response.write(chunk)) await Promise.race([once(response, 'drain'), gone]);
      },
      end: async () => {
        response.end();
      },
      // The chunk that would end the body is left out.
      breakOff: async (last) => {
        response.write(last);
        response.socket?.destroySoon();
      },
    };
  }
  const out = encoder(encoding);
  out.pipe(response, { end: false });
  return {
    write: async (chunk) => {
      if (!out.write(chunk)) await Promise.race([once(out, 'drain'), gone]);
    },
    end: async () => {
      const ended = once(out, 'end');
      out.end();
      await Promise.race([ended, gone]);
      response.end();
    },
    // The compressed stream stays without its end. Were the connection broken off instead, clients would throw
    // away what they have not decompressed yet, the exception in it.
    breakOff: async (last) => {
      out.write(last);
      const flushed = new Promise<void>((resolve) => out.flush(() => resolve()));
      await Promise.race([flushed, gone]);
      await new Promise((resolve) => setImmediate(resolve));
      response.end();
      out.destroy();
    },
  };
}

/** Sends an exception, or breaks the connection off when the answer has begun. */
export function sendError(
  response: ServerResponse,
  error: EngineError,
  { version, elapsedNs }: { version: string; elapsedNs: number },
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of ['Content-Length', 'Content-Encoding', 'X-ClickHouse-Format'])
    response.removeHeader(name);
  response.statusCode = statusOfException(error.code);
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.setHeader('X-ClickHouse-Exception-Code', error.code);
  response.setHeader('X-ClickHouse-Summary', summaryText({ elapsedNs }));
  if (response.statusCode === 401 || error.code === 516) {
    response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"');
  }
  response.end(`${errorText(error, version)}\n`);
}

/** As a server writes it: the version stands behind the name of the code. */
export function errorText(error: EngineError, version: string): string {
  return `${error.message} (version ${version})`;
}

function setHeaders({ response, format, encoding, summary }: Answer): void {
  response.setHeader('Content-Type', contentTypeOf(format));
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('X-ClickHouse-Summary', summaryText(summary()));
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding);
}

function summaryText(summary: Summary): string {
  return JSON.stringify({
    read_rows: String(summary.readRows ?? 0),
    read_bytes: String(summary.readBytes ?? 0),
    written_rows: String(summary.writtenRows ?? 0),
    written_bytes: String(summary.writtenBytes ?? 0),
    total_rows_to_read: '0',
    result_rows: String(summary.resultRows ?? 0),
    result_bytes: String(summary.resultBytes ?? 0),
    elapsed_ns: String(Math.round(summary.elapsedNs)),
  });
}
