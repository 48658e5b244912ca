import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError, messageOf } from '../../../shared/errors/index.ts';

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

export function sendText(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** An error as OpenFaaS tells it: its status and one line of text. 500 for anything that is not an HttpError. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = error instanceof HttpError ? error.statusCode : 500;
  if (error instanceof HttpError && error.retryAfterSeconds !== undefined) {
    response.setHeader('retry-after', String(error.retryAfterSeconds));
  }
  sendText(response, status, `${messageOf(error)}\n`);
}

/**
 * Reads and drops what is left of a body that was refused, so that the caller gets to read the answer; cuts it off
 * where that is more than `maxBytes` or takes longer than `timeoutMs`.
 */
export function discardRest(
  request: IncomingMessage,
  { maxBytes = 67_108_864, timeoutMs = 10_000 } = {},
): void {
  if (request.complete || request.destroyed) return;
  let left = maxBytes;
  const timer = setTimeout(() => request.destroy(), timeoutMs);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.once('close', () => clearTimeout(timer));
  request.resume();
}

/**
 * Reads a body that may be held whole.
 *
 * @throws HttpError 413 above `maxBytes`.
 */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new HttpError(413, `the body is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a small JSON body.
 *
 * @throws HttpError 413 above `maxBytes`, 400 when it is not JSON.
 */
export async function readJson(request: IncomingMessage, maxBytes = 1_048_576): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new HttpError(400, `the body is not JSON: ${messageOf(error)}`);
  }
}
