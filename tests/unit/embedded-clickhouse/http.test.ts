import { describe, expect, test } from '@jest/globals';
import { engineError } from '../../../infra/embedded/clickhouse/engine/engine-error.ts';
import { chooseEncoding } from '../../../infra/embedded/clickhouse/http/compression.ts';
import { rewriteKill } from '../../../infra/embedded/clickhouse/http/kill.ts';
import { parseRequest } from '../../../infra/embedded/clickhouse/http/request.ts';
import { statusOfException } from '../../../infra/embedded/clickhouse/http/status.ts';
import { authenticate, readUsers } from '../../../infra/embedded/clickhouse/http/users.ts';

const parse = (query: string, headers: Record<string, string> = {}) =>
  parseRequest('POST', new URL(`http://x/?${query}`), headers);

describe('requests', () => {
  test('settings and parameters are told from what is the interface’s', () => {
    const { settings, database, query } = parse(
      'query=SELECT+1&database=d&max_threads=2&param_a=x&enable_http_compression=1&wait_end_of_query=1&query_id=q',
    );
    expect({ settings, database, query }).toEqual({
      settings: { max_threads: '2', param_a: 'x' },
      database: 'd',
      query: 'SELECT 1',
    });
  });
  test('a name that is none is refused before it reaches SQL', () => {
    expect(() => parse('a=1&max_threads%3D1%2C%20readonly=0')).toThrow(/Unknown setting/);
  });
  test.each([
    ['', {}, { user: 'default', password: '' }],
    ['user=a&password=b', {}, { user: 'a', password: 'b' }],
    ['', { 'x-clickhouse-user': 'a', 'x-clickhouse-key': 'b' }, { user: 'a', password: 'b' }],
    ['', { authorization: `Basic ${btoa('a:b:c')}` }, { user: 'a', password: 'b:c' }],
  ])('credentials %s %o', (query, headers, credentials) => {
    expect(parse(query, headers as Record<string, string>).credentials).toEqual(credentials);
  });
  test('session', () => {
    expect(parse('session_id=s&session_timeout=5&session_check=1').session).toEqual({
      id: 's',
      timeoutSeconds: 5,
      mustExist: true,
    });
    expect(() => parse('session_id=s&session_timeout=99999')).toThrow(/Code: 374/);
  });
});

test.each([
  ['gzip', 'gzip'],
  ['br, gzip;q=0.5', 'gzip'],
  ['gzip;q=0, br', 'br'],
  ['identity', undefined],
  ['', undefined],
])('Accept-Encoding %s', (accepted, chosen) => {
  expect(chooseEncoding(accepted)).toBe(chosen);
});

test.each([
  [
    'Code: 60. DB::Exception: Unknown table a (b). (UNKNOWN_TABLE)',
    60,
    'UNKNOWN_TABLE',
    'Unknown table a (b).',
  ],
  [
    'Code: 73. DB::Exception: Code: 73. DB::Exception: Unknown format X. (UNKNOWN_FORMAT) (version 26.7.2.1). (UNKNOWN_FORMAT)',
    73,
    'UNKNOWN_FORMAT',
    'Unknown format X.',
  ],
  [
    'Code: 62. DB::Exception: line\nline (SYNTAX_ERROR) (version 26.7.2.1 (official build))',
    62,
    'SYNTAX_ERROR',
    'line\nline',
  ],
  ['something else', 1002, 'UNKNOWN_EXCEPTION', 'something else'],
])('engine error %s', (text, code, type, description) => {
  expect(engineError(new Error(text))).toMatchObject({ code, type, description });
});

test.each([
  [60, 404],
  [62, 400],
  [516, 403],
  [194, 401],
  [159, 408],
  [241, 500],
  [202, 500],
  [48, 501],
])('code %i is status %i', (code, status) => {
  expect(statusOfException(code)).toBe(status);
});

test('users: the one of the settings, and a reader with the same password', () => {
  const users = readUsers({ user: 'app', password: 's' });
  expect(authenticate(users, { user: 'app', password: 's' }).readonly).toBe(0);
  expect(authenticate(users, { user: 'readonly', password: 's' }).readonly).toBe(2);
  for (const credentials of [
    { user: 'readonly', password: '' },
    { user: 'default', password: 's' },
  ]) {
    expect(() => authenticate(users, credentials)).toThrow(/Code: 516/);
  }
});

test('KILL QUERY speaks of the ids that clients gave', () => {
  const running = { queryIdExpression: () => 'MAPPED' };
  expect(rewriteKill("KILL QUERY WHERE query_id = 'query_id' SYNC", running)).toEqual({
    sql: "KILL QUERY WHERE MAPPED = 'query_id' ASYNC",
    ids: ['query_id'],
    sync: true,
  });
  expect(rewriteKill("KILL QUERY WHERE user = 'a'", running)).toEqual({
    sql: "KILL QUERY WHERE user = 'a'",
    ids: ['a'],
    sync: false,
  });
});
