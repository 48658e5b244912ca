import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { HttpError } from '../../../shared/errors/index.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The browser loads nothing from elsewhere, runs no script that stands in a page, and shows us in no frame. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Asked each time whether it changed, so that a new version is there at the next load.
  'cache-control': 'no-cache',
};

/**
 * Serves files of folders by prefix: `{'/': console, '/vendor/': plots}`; the longest prefix counts.
 *
 * @throws HttpError 404 for anything but a plainly named file of a known type, 405.
 */
export function createStaticFiles(folders: Readonly<Record<string, string>>) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);

  return async function serve(request: IncomingMessage, response: ServerResponse, path: string) {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new HttpError(405, `${request.method} is not one of GET, HEAD`);
    const prefix = prefixes.find((p) => path.startsWith(p)) ?? '/';
    const name = path.slice(prefix.length) || 'index.html';
    const type = types[extname(name)];
    // No dot at the beginning of a part, nothing encoded: a name that is not spelled plainly is no name.
    if (type === undefined || !/^([\w-][\w.-]*\/)*[\w-][\w.-]*$/.test(name)) throw notFound();
    const file = join(folders[prefix] as string, name);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) throw notFound();
    const tag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`;
    for (const [header, value] of Object.entries({ ...headers, 'content-type': type, etag: tag }))
      response.setHeader(header, value);
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304).end();
      return;
    }
    const bytes = await readFile(file);
    response.writeHead(200, { 'content-length': bytes.length });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };
}

function notFound(): HttpError {
  return new HttpError(404, 'there is no such file');
}
