import type { Readable } from 'node:stream';

/** What was read of a body, and the rest when it is longer than was asked for. */
export interface Body {
  start: Buffer;
  /** Undefined when `start` is all of it. */
  rest: AsyncIterator<Buffer> | undefined;
}

/** Reads up to `maxBytes` (and the chunk that passes them) of a body into memory. */
export async function readBody(stream: Readable, maxBytes: number): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return { start: joined(chunks, bytes), rest: undefined };
    chunks.push(value);
    bytes += value.length;
    if (bytes > maxBytes) return { start: joined(chunks, bytes), rest: iterator };
  }
}

const joined = (chunks: Buffer[], bytes: number) =>
  chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
