import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { HttpError } from '../../../shared/errors/index.ts';
import { httpEventOf } from '../../../template/node24-batch/http-event.ts';
import { answerOf, answerOfError } from '../../../template/node24-batch/respond.ts';
import { durationMs, readWrapperSettings } from '../../../template/node24-batch/settings.ts';

const jsonType = { 'content-type': 'application/json' };

describe('results', () => {
  test.each([
    [undefined, { status: 200, headers: {}, body: '' }],
    [null, { status: 200, headers: {}, body: '' }],
    [{ a: 1 }, { status: 200, headers: jsonType, body: '{"a":1}' }],
    ['text', { status: 200, headers: jsonType, body: '"text"' }],
    [{ statusCode: 204 }, { status: 204, headers: {}, body: '' }],
    [
      { statusCode: 200, body: 'x', headers: { 'Content-Type': 'text/csv' } },
      { status: 200, headers: { 'Content-Type': 'text/csv' }, body: 'x' },
    ],
    [
      { statusCode: 201, body: { b: 2 } },
      { status: 201, headers: jsonType, body: '{"b":2}' },
    ],
    [
      { statusCode: 200, body: 'AQI=', isBase64Encoded: true },
      { status: 200, headers: jsonType, body: Buffer.from([1, 2]) },
    ],
    [
      { statusCode: 200, cookies: ['a=1'] },
      { status: 200, headers: { 'set-cookie': ['a=1'] }, body: '' },
    ],
  ])('%j', (result, expected) => {
    expect(answerOf(result)).toEqual(expected);
  });

  test('a stream or an async iterable is sent as it comes', async () => {
    const answer = answerOf({
      statusCode: 200,
      body: (async function* () {
        yield 'a';
        yield 'b';
      })(),
    });
    expect(answer.body).toBeInstanceOf(Readable);
    expect((await (answer.body as Readable).toArray()).join('')).toBe('ab');
  });

  test('errors', () => {
    expect(
      answerOfError(new HttpError(503, 'down', { retryAfterSeconds: 2, details: { store: 'x' } })),
    ).toEqual({
      status: 503,
      headers: { ...jsonType, 'retry-after': '2' },
      body: '{"error":"down","store":"x"}',
    });
    expect(answerOfError(new Error('oh'))).toEqual({
      status: 500,
      headers: jsonType,
      body: '{"error":"oh"}',
    });
    expect(answerOfError('oh').status).toBe(500);
  });
});

test('an HTTP request as AWS hands it over', () => {
  const request = {
    method: 'POST',
    url: '/a%2Fb?x=1&x=2&y=a%20b&__proto__=z',
    headers: { host: 'h', cookie: 'a=1; b=2', 'x-forwarded-for': '203.0.113.7, 10.0.0.1' },
    remoteAddress: '10.0.0.2',
    requestId: 'r',
  };
  const event = httpEventOf({ ...request, body: Buffer.from('{"\u00fc":1}') });
  expect(event).toMatchObject({
    rawPath: '/a%2Fb',
    rawQueryString: 'x=1&x=2&y=a%20b&__proto__=z',
    cookies: ['a=1', 'b=2'],
    body: '{"\u00fc":1}',
    isBase64Encoded: false,
    requestContext: { requestId: 'r', http: { method: 'POST', path: '/a%2Fb', sourceIp: '203.0.113.7' } },
  });
  expect(event.queryStringParameters).toMatchObject({ x: '1,2', y: 'a b' });
  expect(httpEventOf({ ...request, body: Buffer.from([0xff]) })).toMatchObject({
    body: '/w==',
    isBase64Encoded: true,
  });
  expect(httpEventOf({ ...request, body: Buffer.alloc(0) })).not.toHaveProperty('body');
});

test.each([
  ['60s', 60_000],
  ['1m30s', 90_000],
  ['500ms', 500],
  ['1.5h', 5_400_000],
  ['10', 10_000],
  ['', undefined],
  ['s', undefined],
  ['1d', undefined],
])('duration %s', (text, expected) => {
  expect(durationMs(text)).toBe(expected);
});

test('wrong settings are named together', () => {
  expect(() => readWrapperSettings({ PORT: '99999', exec_timeout: 'soon', max_inflight: '-1' })).toThrow(
    /PORT[\s\S]*max_inflight[\s\S]*exec_timeout/,
  );
  expect(readWrapperSettings({ PORT: '', exec_timeout: '2s' })).toMatchObject({
    port: 3000,
    execTimeoutMs: 2000,
  });
});
