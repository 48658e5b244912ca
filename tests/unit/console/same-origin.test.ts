import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { refuseOtherOrigins } from '../../../infra/gateway/console/same-origin.ts';

const request = (method: string, headers: Record<string, string>) =>
  ({ method, headers }) as unknown as IncomingMessage;

test.each([
  ['a program', {}, true],
  ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:8080' }, true],
  ['the address bar', { 'sec-fetch-site': 'none' }, true],
  ['a page elsewhere', { 'sec-fetch-site': 'cross-site' }, false],
  ['a page on another port', { 'sec-fetch-site': 'same-site' }, false],
  ['our own page in an old browser', { origin: 'http://127.0.0.1:8080' }, true],
  ['a page elsewhere in an old browser', { origin: 'http://evil.example' }, false],
  ['a page without an origin', { origin: 'null' }, false],
])('%s may change something: %j → %j', (_, headers, allowed) => {
  const asked = () => refuseOtherOrigins(request('POST', { host: '127.0.0.1:8080', ...headers }));
  if (allowed) expect(asked).not.toThrow();
  else expect(asked).toThrow(expect.objectContaining({ statusCode: 403 }));
  expect(() => refuseOtherOrigins(request('GET', { host: 'x', ...headers }))).not.toThrow();
});
