import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { HttpError } from '../../../shared/errors/index.ts';
import { sendText } from '../http/answer.ts';
import type { Provider } from '../provider/provider.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** /ui/: the files of the console's folder, and a plain list of functions while there is none. */
export function serveConsole(
  response: ServerResponse,
  { path, folder, provider }: { path: string; folder: string; provider: Provider },
): void {
  response.setHeader('content-security-policy', "default-src 'self'; frame-ancestors 'none'");
  response.setHeader('x-content-type-options', 'nosniff');
  const name = path === '/' ? 'index.html' : path.slice(1);
  // Plain names only: no dot at the beginning of a part, nothing encoded.
  if (!/^([\w-][\w.-]*\/)*[\w-][\w.-]*$/.test(name)) throw new HttpError(404, 'there is no such file');
  const file = join(folder, name);
  if (existsSync(file)) {
    sendText(response, 200, readFileSync(file, 'utf8'), types[extname(name)] ?? 'application/octet-stream');
    return;
  }
  if (name !== 'index.html') throw new HttpError(404, 'there is no such file');
  const rows = provider
    .list()
    .map((f) => `<tr><td>${f.deployment.service}<td>${f.available} of ${f.desired}<td>${f.invocations}</tr>`);
  sendText(
    response,
    200,
    `<!doctype html><meta charset="utf-8"><title>Functions</title><h1>Functions</h1><table><tr><th>Name<th>Replicas<th>Calls</tr>${rows.join('')}</table>`,
    'text/html; charset=utf-8',
  );
}
