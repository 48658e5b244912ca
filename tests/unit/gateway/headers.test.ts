import { describe, expect, test } from '@jest/globals';
import { basicAuth } from '../../../infra/gateway/http/auth.ts';
import { endToEnd, setHeader } from '../../../infra/gateway/proxy/headers.ts';

describe('headers that are passed on', () => {
  test('not those of one connection, nor those that Connection names', () => {
    const raw = [
      'Host',
      'h',
      'Connection',
      'keep-alive, X-Hop',
      'x-hop',
      '1',
      'TE',
      'trailers',
      'Transfer-Encoding',
      'chunked',
    ];
    expect(endToEnd([...raw, 'X-Stays', 'a', 'X-Stays', 'b', 'Upgrade', 'h2c'])).toEqual([
      'Host',
      'h',
      'X-Stays',
      'a',
      'X-Stays',
      'b',
    ]);
  });

  test('Connection cannot hide the length of a body', () => {
    expect(endToEnd(['Content-Length', '3', 'Connection', 'Content-Length'])).toEqual([
      'Content-Length',
      '3',
    ]);
  });

  test('setting one replaces all of that name', () => {
    const raw = ['X-Call-Id', '1', 'A', 'b', 'x-call-id', '2'];
    setHeader(raw, 'X-Call-Id', '3');
    expect(raw).toEqual(['A', 'b', 'X-Call-Id', '3']);
  });
});

describe('basic authentication', () => {
  const check = basicAuth({ user: 'admin', password: 'p:w' });
  const encode = (text: string) => Buffer.from(text).toString('base64');

  test.each([
    [`Basic ${encode('admin:p:w')}`, true],
    [`basic ${encode('admin:p:w')}`, true],
    [`Basic ${encode('admin:p')}`, false],
    [`Basic ${encode('admin:p:w ')}`, false],
    [`Basic ${encode('')}`, false],
    ['Basic', false],
    ['Basic ', false],
    ['Bearer x', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (header, expected) => {
    expect(check(header)).toBe(expected);
  });
});
