import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startTestServer, type TestServer } from './server.ts';

jest.setTimeout(120_000);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.sql('CREATE TABLE events (id UInt64, name String) ENGINE = MergeTree ORDER BY id');
  await server.sql("INSERT INTO events VALUES (1, 'one'), (2, 'two')");
}, 120_000);
afterAll(() => server?.dispose(), 120_000);

interface Case {
  method?: string;
  path?: string;
  parameters?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string | Buffer;
  status?: number;
  /** The whole body, or what it must match. */
  answer?: string | RegExp;
  answerHeaders?: Record<string, string | RegExp>;
}

async function send({ method, path = '/', parameters = {}, headers = {}, body }: Case): Promise<Response> {
  const query = new URLSearchParams(parameters);
  return fetch(`${server.url}${path}?${query}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

const cases: Record<string, Case> = {
  'GET /ping': { path: '/ping', answer: 'Ok.\n' },
  'GET /replicas_status': { path: '/replicas_status', answer: 'Ok.\n' },
  'GET / without a query': { answer: 'Ok.\n' },
  'GET /health asks the engine': { path: '/health', answer: /^Ok\. ClickHouse 26\.\d+/ },
  'GET /metrics': {
    path: '/metrics',
    answer: /clickhouse_queries_total\{kind="other",exception="none"\} \d+/,
  },
  'another path': { path: '/nothing', status: 404, answer: /^There is no handle \/nothing/ },
  'query in the address': {
    parameters: { query: 'SELECT 1' },
    answer: '1\n',
    answerHeaders: {
      'x-clickhouse-query-id': /^[0-9a-f-]{36}$/,
      'x-clickhouse-format': 'TabSeparated',
      'x-clickhouse-timezone': 'UTC',
      'x-clickhouse-server-display-name': 'embedded',
      'x-clickhouse-summary': /"elapsed_ns":"\d+"/,
      'content-type': 'text/tab-separated-values; charset=UTF-8',
    },
  },
  'query in the body': { body: 'SELECT 1', answer: '1\n' },
  'query in both, joined': { parameters: { query: 'SELECT 1 +' }, body: '2', answer: '3\n' },
  'a semicolon and a comment at the end': { body: 'SELECT 1; -- done', answer: '1\n' },
  'several statements': { body: 'SELECT 1; SELECT 2', status: 400, answer: /^Code: 62\. .*Multi-statements/ },
  'nothing to run': { body: '  /* nothing */ ', status: 400, answer: /^Code: 62\. .*Empty query/ },
  'database and time zone': { body: 'SELECT currentDatabase(), timezone()', answer: 'analytics\tUTC\n' },
  'database in the address': {
    parameters: { database: 'system' },
    body: 'SELECT currentDatabase()',
    answer: 'system\n',
  },
  'database in a header': {
    headers: { 'X-ClickHouse-Database': 'system' },
    body: 'SELECT currentDatabase()',
    answer: 'system\n',
  },
  'unknown database': {
    parameters: { database: 'nope' },
    body: 'SELECT 1',
    status: 404,
    answer: /^Code: 81\. .*\(UNKNOWN_DATABASE\)/,
  },
  'FORMAT in the query': {
    body: 'SELECT 1 AS a FORMAT JSONEachRow',
    answer: '{"a":1}\n',
    answerHeaders: { 'x-clickhouse-format': 'JSONEachRow', 'content-type': /^application\/x-ndjson/ },
  },
  'FORMAT before SETTINGS': {
    body: 'SELECT 1 AS a FORMAT JSONEachRow SETTINGS max_threads = 1',
    answer: '{"a":1}\n',
  },
  'SETTINGS before FORMAT': { body: 'SELECT 1 AS a SETTINGS max_threads = 1 FORMAT CSV', answer: '1\n' },
  default_format: {
    parameters: { default_format: 'CSVWithNames' },
    body: 'SELECT 1 AS a',
    answer: '"a"\n1\n',
  },
  'X-ClickHouse-Format': {
    headers: { 'X-ClickHouse-Format': 'JSONCompactEachRow' },
    body: 'SELECT 1, 2',
    answer: '[1, 2]\n',
  },
  'JSON with its statistics': {
    body: 'SELECT id FROM events ORDER BY id FORMAT JSON',
    answer: /"rows": 2,[\s\S]*"rows_read": 2/,
  },
  'unknown format': {
    parameters: { default_format: 'Nope' },
    body: 'SELECT 1',
    status: 404,
    answer: /^Code: 73\. .*\(UNKNOWN_FORMAT\)/,
  },
  'no format but an injection': {
    parameters: { default_format: "CSV INTO OUTFILE '/tmp/x'" },
    body: 'SELECT 1',
    status: 404,
    answer: /^Code: 73\./,
  },
  'a setting': { parameters: { max_threads: '3' }, body: "SELECT getSetting('max_threads')", answer: '3\n' },
  'the setting is gone in the next request': { body: "SELECT getSetting('max_result_rows')", answer: '0\n' },
  'unknown setting': {
    parameters: { no_such: '1' },
    body: 'SELECT 1',
    status: 404,
    answer: /^Code: 115\. .*\(UNKNOWN_SETTING\)/,
  },
  'bad value of a setting': { parameters: { max_threads: 'many' }, body: 'SELECT 1', status: 400 },
  'a limit that a setting sets': {
    parameters: { max_result_rows: '1' },
    body: 'SELECT * FROM events',
    status: 500,
    answer: /^Code: 396\. .*\(TOO_MANY_ROWS_OR_BYTES\)/,
  },
  'time limit': {
    parameters: { max_execution_time: '0.2' },
    body: 'SELECT max(sipHash64(number)) FROM numbers(1e12)',
    status: 408,
    answer: /^Code: 159\. .*\(TIMEOUT_EXCEEDED\)/,
  },
  parameters: {
    parameters: { param_n: '5', param_s: "it's", param_list: "['a','b']", param_table: 'events' },
    body: 'SELECT {n:UInt8}, {s:String}, {list:Array(String)}, count() FROM {table:Identifier} FORMAT JSONCompactEachRow',
    answer: '[5, "it\'s", ["a","b"], 2]\n',
  },
  'an escaped parameter': {
    parameters: { param_s: 'a\\tb\\\\c' },
    body: 'SELECT hex({s:String})',
    answer: `${Buffer.from('a\tb\\c').toString('hex').toUpperCase()}\n`,
  },
  'a parameter that is missing': {
    body: 'SELECT {n:UInt8}',
    status: 500,
    answer: /^Code: 456\. .*\(UNKNOWN_QUERY_PARAMETER\)/,
  },
  query_id: {
    parameters: { query_id: 'mine-1' },
    body: 'SELECT 1',
    answerHeaders: { 'x-clickhouse-query-id': 'mine-1' },
  },
  'unknown table': {
    body: 'SELECT * FROM nope',
    status: 404,
    answer: /^Code: 60\. DB::Exception: [\s\S]+ \(UNKNOWN_TABLE\) \(version 26\.[\d.]+\)\n$/,
    answerHeaders: { 'x-clickhouse-exception-code': '60' },
  },
  'unknown function': { body: 'SELECT nope()', status: 404, answer: /^Code: 46\./ },
  'syntax error': {
    body: 'SELEC 1',
    status: 400,
    answer: /^Code: 62\. DB::Exception: Syntax error: failed at position 1 /,
  },
  'an error while it runs': {
    body: "SELECT throwIf(number = 3, 'boom') FROM numbers(10)",
    status: 500,
    answer: /^Code: 395\. .*boom/,
  },
  'GET does not write': {
    parameters: { query: "INSERT INTO events VALUES (3, 'x')" },
    status: 500,
    answer: /^Code: 164\. .*\(READONLY\)/,
  },
  'GET does not drop': { parameters: { query: 'DROP TABLE events' }, status: 500, answer: /^Code: 164\./ },
  'GET may set': {
    parameters: { query: "SELECT getSetting('max_threads')", max_threads: '2' },
    answer: '2\n',
  },
  'INTO OUTFILE': { body: "SELECT 1 INTO OUTFILE '/tmp/x'", status: 501, answer: /^Code: 48\./ },
  'FROM INFILE': {
    body: "INSERT INTO events FROM INFILE '/tmp/x' FORMAT CSV",
    status: 501,
    answer: /^Code: 48\./,
  },
  'blocks compressed as in the native protocol': {
    parameters: { compress: '1' },
    body: 'SELECT 1',
    status: 501,
    answer: /enable_http_compression/,
  },
  'user by header': {
    headers: { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': '' },
    body: 'SELECT 1',
    answer: '1\n',
  },
  'user by basic authentication': {
    headers: { Authorization: basic('default:') },
    body: 'SELECT 1',
    answer: '1\n',
  },
  'user by address': { parameters: { user: 'default', password: '' }, body: 'SELECT 1', answer: '1\n' },
  'wrong password': {
    headers: { Authorization: basic('default:no') },
    body: 'SELECT 1',
    status: 403,
    answer: /^Code: 516\. .*default: Authentication failed/,
  },
  'no such user': { parameters: { user: 'nobody' }, body: 'SELECT 1', status: 403, answer: /^Code: 516\./ },
  'two kinds of credentials': {
    parameters: { user: 'default' },
    headers: { Authorization: basic('default:') },
    body: 'SELECT 1',
    status: 403,
  },
  'readonly reads': { parameters: { user: 'readonly' }, body: 'SELECT count() FROM events', answer: '2\n' },
  'readonly sets': {
    parameters: { user: 'readonly', max_threads: '2' },
    body: "SELECT getSetting('max_threads')",
    answer: '2\n',
  },
  'readonly does not insert': {
    parameters: { user: 'readonly' },
    body: "INSERT INTO events VALUES (3, 'x')",
    status: 500,
    answer: /^Code: 164\. .*\(READONLY\)/,
  },
  'readonly does not drop': {
    parameters: { user: 'readonly' },
    body: 'DROP TABLE events',
    status: 500,
    answer: /^Code: 164\./,
  },
  'readonly does not free itself': {
    parameters: { user: 'readonly', readonly: '0' },
    body: 'DROP TABLE events',
    status: 500,
    answer: /^Code: 164\./,
  },
  'readonly does not go back to the default': {
    parameters: { user: 'readonly' },
    body: 'INSERT INTO events SETTINGS `readonly` /* */ = Default VALUES (3, 1)',
    status: 500,
    answer: /^Code: 164\./,
  },
  'GET does not go back to the default': {
    method: 'GET',
    parameters: { query: 'CREATE TABLE more (a UInt8) ENGINE = Memory SETTINGS readonly = DEFAULT' },
    status: 500,
    answer: /^Code: 164\./,
  },
  SHOW: { body: 'SHOW TABLES', answer: 'events\n' },
  'EXISTS in a format': { body: 'EXISTS TABLE events FORMAT JSONEachRow', answer: '{"result":1}\n' },
  DESCRIBE: { body: 'DESCRIBE TABLE events', answer: /^id\tUInt64/ },
  EXPLAIN: { body: 'EXPLAIN SELECT 1', answer: /ReadFromSystemOne/ },
  'UNION in parentheses': { body: '(SELECT 1) UNION ALL (SELECT 1)', answer: '1\n1\n' },
  WITH: { body: 'WITH 1 AS a SELECT a', answer: '1\n' },
  'a column named format': { body: 'SELECT format FROM (SELECT 1 AS format)', answer: '1\n' },
  HEAD: { method: 'HEAD', path: '/ping' },
  DELETE: { method: 'DELETE', status: 501 },
};

test.each(Object.entries(cases))('%s', async (_, wanted) => {
  const response = await send(wanted);
  const text = await response.text();
  expect({ status: response.status, text }).toMatchObject({ status: wanted.status ?? 200 });
  if (typeof wanted.answer === 'string') expect(text).toBe(wanted.answer);
  else if (wanted.answer) expect(text).toMatch(wanted.answer);
  for (const [name, value] of Object.entries(wanted.answerHeaders ?? {})) {
    if (typeof value === 'string') expect(response.headers.get(name)).toBe(value);
    else expect(response.headers.get(name)).toMatch(value);
  }
});

describe('inserts', () => {
  const rows = (where: string) => server.sql(`SELECT id, name FROM events WHERE ${where} ORDER BY id`);
  const inserts: Record<string, Case & { stored: string }> = {
    'statement and data in the body': {
      body: 'INSERT INTO events FORMAT JSONEachRow\n{"id":101,"name":"a"}\n{"id":102,"name":"b"}',
      stored: '101\ta\n102\tb\n',
      answerHeaders: { 'x-clickhouse-summary': /"written_rows":"2"/ },
    },
    'statement in the address, data in the body': {
      parameters: { query: 'INSERT INTO events FORMAT CSV' },
      body: '111,"a\nb"\n',
      stored: '111\ta\\nb\n',
    },
    'values in the address': {
      method: 'POST',
      parameters: { query: "INSERT INTO events (id, name) VALUES (121, 'a;b')" },
      stored: '121\ta;b\n',
    },
    'values in the body': {
      body: "INSERT INTO events VALUES (131, 'x'), (132, 'ä')",
      stored: '131\tx\n132\tä\n',
    },
    'binary rows': {
      parameters: { query: 'INSERT INTO events FORMAT RowBinary' },
      body: Buffer.from([141, 0, 0, 0, 0, 0, 0, 0, 2, 10, 59]),
      stored: '141\t\\n;\n',
    },
    'binary rows behind the statement': {
      body: Buffer.concat([
        Buffer.from('INSERT INTO events FORMAT RowBinary\n'),
        Buffer.from([151, 0, 0, 0, 0, 0, 0, 0, 2, 10, 39]),
      ]),
      stored: "151\t\\n\\'\n",
    },
    'settings in the statement': {
      body: 'INSERT INTO events SETTINGS max_insert_block_size = 10 FORMAT TSV\n161\ta\n',
      stored: '161\ta\n',
    },
    gzip: {
      parameters: { query: 'INSERT INTO events FORMAT TSV' },
      headers: { 'Content-Encoding': 'gzip' },
      body: gzipSync('171\tz\n'),
      stored: '171\tz\n',
    },
    zstd: {
      parameters: { query: 'INSERT INTO events FORMAT TSV' },
      headers: { 'Content-Encoding': 'zstd' },
      body: zstdCompressSync(Buffer.from('181\tz\n')),
      stored: '181\tz\n',
    },
    'from a select': { body: 'INSERT INTO events SELECT 191, toString(191)', stored: '191\t191\n' },
    'no rows': {
      parameters: { query: 'INSERT INTO events FORMAT JSONEachRow' },
      body: '',
      method: 'POST',
      stored: '',
    },
  };
  test.each(Object.entries(inserts))('%s', async (_, wanted) => {
    const first = 101 + 10 * Object.values(inserts).indexOf(wanted);
    const response = await send(wanted);
    expect(await response.text()).toBe('');
    expect(response.status).toBe(200);
    for (const [name, value] of Object.entries(wanted.answerHeaders ?? {})) {
      expect(response.headers.get(name)).toMatch(value);
    }
    expect(await rows(`id BETWEEN ${first} AND ${first + 9}`)).toBe(wanted.stored);
  });

  const refused: Record<string, Case & { code: number }> = {
    'a bad row among good ones stores none': {
      body: 'INSERT INTO events FORMAT JSONEachRow\n{"id":901,"name":"a"}\n{"id":"x","name":"b"}',
      status: 400,
      code: 27,
    },
    'an unknown field, when asked to': {
      parameters: { input_format_skip_unknown_fields: '0' },
      body: 'INSERT INTO events FORMAT JSONEachRow\n{"id":901,"more":1}',
      status: 400,
      code: 117,
    },
    'an unknown table': { body: 'INSERT INTO nope FORMAT TSV\n1\n', status: 404, code: 60 },
    'an unknown encoding': { body: 'x', headers: { 'Content-Encoding': 'lzma' }, status: 500, code: 89 },
    'a body that is not gzip': {
      parameters: { query: 'INSERT INTO events FORMAT TSV' },
      headers: { 'Content-Encoding': 'gzip' },
      body: 'not gzip',
      status: 500,
      code: 354,
    },
  };
  test.each(Object.entries(refused))('%s', async (_, wanted) => {
    const response = await send(wanted);
    expect({ text: await response.text(), status: response.status }).toMatchObject({ status: wanted.status });
    expect(response.headers.get('x-clickhouse-exception-code')).toBe(String(wanted.code));
    expect(await rows('id > 900')).toBe('');
  });
});

describe('compressed answers', () => {
  const body = 'SELECT number FROM numbers(5) FORMAT TSV';
  const plain = '0\n1\n2\n3\n4\n';
  const raw = async (parameters: Record<string, string>, encoding: string) => {
    const { request } = await import('node:http');
    return new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
      const query = new URLSearchParams(parameters);
      const sent = request(
        `${server.url}/?${query}`,
        { method: 'POST', headers: { 'Accept-Encoding': encoding } },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  };

  test('only when enable_http_compression asks for it', async () => {
    expect(await raw({}, 'gzip')).toEqual({ encoding: undefined, body: Buffer.from(plain) });
  });
  test('gzip', async () => {
    const answer = await raw({ enable_http_compression: '1' }, 'deflate, gzip');
    expect(answer.encoding).toBe('gzip');
    expect(gunzipSync(answer.body).toString()).toBe(plain);
  });
  test('zstd before gzip', async () => {
    const answer = await raw({ enable_http_compression: '1' }, 'gzip, zstd');
    expect(answer.encoding).toBe('zstd');
    expect(zstdDecompressSync(answer.body).toString()).toBe(plain);
  });
  test('none that both know', async () => {
    expect(await raw({ enable_http_compression: '1' }, 'lzma')).toEqual({
      encoding: undefined,
      body: Buffer.from(plain),
    });
  });
});

test('a reader’s session stays one, whatever its requests ask for', async () => {
  const session = { user: 'readonly', session_id: 'reader' };
  await server.sql('SELECT 1', { ...session, readonly: '2' });
  for (const statement of [
    'CREATE TABLE more (a UInt8) ENGINE = Memory',
    'SET readonly = DEFAULT',
    'DROP TABLE events',
  ]) {
    await expect(server.sql(statement, session)).rejects.toThrow(/Code: 164/);
  }
});

test('a request that may only read by its own setting leaves nothing to the next, nor do its parameters', async () => {
  const asked = (more: Record<string, string>) => server.sql('SELECT {a:String}', { readonly: '1', ...more });
  expect(await asked({ param_a: 'one', max_execution_time: '5' })).toBe('one\n');
  expect(await asked({ param_a: 'two', max_execution_time: '6' })).toBe('two\n');
  await expect(server.sql('CREATE TABLE more (a UInt8) ENGINE = Memory', { readonly: '1' })).rejects.toThrow(
    /Code: 164/,
  );
  await server.sql('CREATE TABLE more (a UInt8) ENGINE = Memory');
  await server.sql('DROP TABLE more');
  await expect(server.sql('SELECT {a:String}')).rejects.toThrow(/Code: 456/);
  await expect(server.sql('SELECT {a:String}', { param_b: 'three' })).rejects.toThrow(/Code: 456/);
});
