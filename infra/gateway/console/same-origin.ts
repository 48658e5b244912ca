import type { IncomingMessage } from 'node:http';
import { HttpError } from '../../../shared/errors/index.ts';

/**
 * Refuses changes that a page of another origin asks for. The browser adds the password of the gateway to any
 * request to it, whoever's page sends it; so a password alone does not show that the user wants it. Programs
 * (faas-cli, curl) send none of these headers.
 *
 * @throws HttpError 403
 */
export function refuseOtherOrigins(request: IncomingMessage): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const site = request.headers['sec-fetch-site'];
  const { origin, host } = request.headers;
  const foreign =
    site !== undefined
      ? site !== 'same-origin' && site !== 'none'
      : origin !== undefined && origin.replace(/^https?:\/\//, '') !== host;
  if (foreign) throw new HttpError(403, 'a page of another origin may not change anything here');
}
