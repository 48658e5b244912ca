import { request } from 'node:http';
import { request as secureRequest } from 'node:https';

export interface CallAnswer {
  /** 0: no answer came. */
  status: number;
  contentType: string | undefined;
  body: Buffer;
}

/** Sends a request with exactly these headers and reads its whole answer, up to `maxBytes`. Never throws. */
export function send({
  url,
  path,
  method,
  headers,
  body,
  timeoutMs,
  maxBytes = 16 * 1024 * 1024,
  signal,
}: {
  url: string;
  /** In place of that of the URL, as it is. */
  path?: string;
  method: string;
  /** Raw list (name, value, …). */
  headers: readonly string[];
  body: Buffer;
  timeoutMs?: number;
  maxBytes?: number;
  signal?: AbortSignal;
}): Promise<CallAnswer> {
  return new Promise((resolve) => {
    const nothing = { status: 0, contentType: undefined, body: Buffer.alloc(0) };
    const target = new URL(url);
    const start = target.protocol === 'https:' ? secureRequest : request;
    try {
      const sent = start(
        {
          host: target.hostname.replace(/^\[|\]$/g, ''),
          port: target.port,
          path: path ?? target.pathname + target.search,
          method,
          headers: [...headers, 'Content-Length', String(body.length)] as unknown as Record<string, string>,
          setHost: false,
          agent: false,
          ...(signal === undefined ? {} : { signal }),
        },
        (answer) => {
          const chunks: Buffer[] = [];
          let size = 0;
          answer.on('data', (chunk: Buffer) => {
            size += chunk.length;
            // An answer that is too large to be passed on still says how the call ended.
            if (size <= maxBytes) chunks.push(chunk);
          });
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              contentType: answer.headers['content-type'],
              body: Buffer.concat(chunks),
            }),
          );
          answer.on('error', () => resolve(nothing));
        },
      );
      if (timeoutMs !== undefined) sent.setTimeout(timeoutMs, () => sent.destroy(new Error('no answer')));
      sent.on('error', () => resolve(nothing));
      sent.end(body);
    } catch {
      // A path or a header that HTTP does not allow: no later call would fare better, and the status tells nothing.
      resolve({ ...nothing, status: 400 });
    }
  });
}
