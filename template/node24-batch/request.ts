import type { IncomingMessage } from 'node:http';
import { HttpError } from '../../shared/errors/index.ts';

/**
 * Reads a whole request body.
 *
 * @throws HttpError 413 when it is, or says it will be, larger than `maxBytes`; 400 when the sender broke it off.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  return await new Promise<Buffer>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.pause();
        request.removeAllListeners('data');
        reject(tooLarge(maxBytes));
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () =>
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)),
    );
    request.on('error', () => reject(new HttpError(400, 'the request ended before its body was complete')));
    request.on('close', () => reject(new HttpError(400, 'the request ended before its body was complete')));
  });
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `the body is larger than ${maxBytes} bytes (MAX_BODY_BYTES)`);
}

/** Request headers with lower-case names; values that came several times are joined as HTTP says. */
export function flatHeaders(request: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
