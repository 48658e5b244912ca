import type { Duplex, Readable } from 'node:stream';
import zlib from 'node:zlib';
import { EngineError } from '../engine/engine-error.ts';

/** A compressing stream; `flush` brings out all that was written. */
export type Encoder = Duplex & { flush(done: () => void): void };

const decoders: Record<string, () => Duplex> = {
  gzip: () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
  zstd: () => zlib.createZstdDecompress(),
};

/** Fast levels: the answer is made while somebody waits. */
const encoders: Record<string, () => Encoder> = {
  gzip: () => zlib.createGzip({ level: 3 }),
  deflate: () => zlib.createDeflate({ level: 3 }),
  br: () => zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }),
  zstd: () => zlib.createZstdCompress(),
};

/** The body without its Content-Encoding. @throws EngineError 89 for an unknown one. */
export function decoded(body: Readable, encoding: string | undefined): Readable {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body;
  const decoder = decoders[encoding.toLowerCase().trim()]?.();
  if (decoder === undefined) {
    throw new EngineError(89, 'UNKNOWN_COMPRESSION_METHOD', `Unknown Content-Encoding '${encoding}'`);
  }
  body.on('error', (error) => decoder.destroy(error));
  return body.pipe(decoder);
}

/** The first encoding that both sides know, in the server's order of preference; undefined for none. */
export function chooseEncoding(acceptEncoding: string): string | undefined {
  const accepted = new Set(
    acceptEncoding
      .split(',')
      .map((part) => part.split(';'))
      .filter(([, q]) => q === undefined || Number(q.replace('q=', '').trim()) > 0)
      .map(([name]) => (name as string).trim().toLowerCase()),
  );
  return ['zstd', 'gzip', 'br', 'deflate'].find((name) => accepted.has(name));
}

/** Compresses what is written to it. */
export function encoder(encoding: string): Encoder {
  const make = encoders[encoding];
  if (make === undefined) throw new RangeError(`no encoder for ${encoding}`);
  return make();
}
