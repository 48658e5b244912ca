import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { exactlyOnce } from '../../../shared/clients/clickhouse/index.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestServer, type TestServer } from './server.ts';

const maxInsertBytes = 1_048_576;
const maxQueries = 3;

jest.setTimeout(120_000);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    env: { CLICKHOUSE_MAX_INSERT_BYTES: String(maxInsertBytes), CLICKHOUSE_MAX_QUERIES: String(maxQueries) },
  });
  await server.sql(
    'CREATE TABLE t (id UInt64, name String) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100',
  );
}, 120_000);
afterAll(() => server?.dispose(), 120_000);

/** Sends the beginning of a request. */
function open(parameters: Record<string, string>, headers: Record<string, string> = {}): ClientRequest {
  return request(`${server.url}/?${new URLSearchParams(parameters)}`, { method: 'POST', headers });
}

async function answer(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = await once(sent, 'response');
  return response;
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  return Buffer.concat(chunks);
}

const processes = async () =>
  Number(
    await server.sql(
      "SELECT count() FROM system.processes WHERE query LIKE '%numbers(1e1%' AND query NOT LIKE '%processes%' AND is_cancelled = 0",
    ),
  );

const endless = 'SELECT number, sipHash64(number) FROM numbers(1e12) FORMAT TSV';

test('a long result arrives whole, while it is made', async () => {
  const sent = open({ query: 'SELECT number FROM numbers(2000000) FORMAT RowBinary' });
  sent.end();
  const response = await answer(sent);
  expect(response.headers['transfer-encoding']).toBe('chunked');
  const body = await bodyOf(response);
  expect(body.length).toBe(16_000_000);
  expect(body.readBigUInt64LE(15_999_992)).toBe(1_999_999n);
});

test('a long result arrives whole when compressed', async () => {
  const sent = open(
    { query: 'SELECT number FROM numbers(1000000) FORMAT TSV', enable_http_compression: '1' },
    { 'Accept-Encoding': 'gzip' },
  );
  sent.end();
  const response = await answer(sent);
  expect(response.headers['content-encoding']).toBe('gzip');
  expect(
    gunzipSync(await bodyOf(response))
      .toString()
      .endsWith('\n999999\n'),
  ).toBe(true);
});

test('a reader that stops reading does not fill memory, and its leaving cancels the query', async () => {
  const sent = open({ query: endless });
  sent.end();
  const response = await answer(sent);
  await once(response, 'readable');
  await eventually(async () => expect(await processes()).toBe(1));
  response.destroy();
  await eventually(async () => expect(await processes()).toBe(0));
});

test('a client that leaves before the answer begins cancels the query', async () => {
  const sent = open({ query: 'SELECT max(sipHash64(number)) FROM numbers(1e13)' });
  sent.on('error', () => {});
  sent.end();
  await eventually(async () => expect(await processes()).toBe(1));
  sent.destroy();
  await eventually(async () => expect(await processes()).toBe(0));
});

test('KILL QUERY by the client’s query_id', async () => {
  const sent = open({ query: 'SELECT max(sipHash64(number)) FROM numbers(1e14)', query_id: 'victim' });
  const answered = answer(sent);
  sent.end();
  await eventually(async () => expect(await processes()).toBe(1));
  await server.sql("KILL QUERY WHERE query_id = 'victim' SYNC");
  const response = await answered;
  expect(response.headers['x-clickhouse-exception-code']).toBe('394');
  expect(String(await bodyOf(response))).toMatch(/QUERY_WAS_CANCELLED/);
  expect(await processes()).toBe(0);
});

test('an error after the answer has begun ends it with the exception and breaks off', async () => {
  const sent = open({
    query: "SELECT throwIf(number = 3000000, 'too far') FROM numbers(5000000) FORMAT TSV",
  });
  sent.end();
  const response = await answer(sent);
  expect(response.statusCode).toBe(200);
  const tag = response.headers['x-clickhouse-exception-tag'] as string;
  const body = String(await bodyOf(response));
  expect(response.complete).toBe(false);
  expect(body).toMatch(
    new RegExp(
      `\r\n__exception__\r\n${tag}\r\nCode: 395\\. [^\r]*too far[^\r]*\n\\d+ ${tag}\r\n__exception__\r\n$`,
    ),
  );
});

test('wait_end_of_query gives that error its status', async () => {
  const sent = open({
    query: "SELECT throwIf(number = 3000000, 'too far') FROM numbers(5000000) FORMAT TSV",
    wait_end_of_query: '1',
  });
  sent.end();
  const response = await answer(sent);
  expect(response.statusCode).toBe(500);
  expect(String(await bodyOf(response))).toMatch(/^Code: 395\./);
});

test('more queries than the limit are refused with code 202, and end by themselves', async () => {
  const long = Array.from({ length: maxQueries }, () => {
    const sent = open({ query: 'SELECT max(sipHash64(number)) FROM numbers(1e14)' });
    sent.on('error', () => {});
    sent.end();
    return sent;
  });
  await eventually(async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain(`clickhouse_running_queries ${maxQueries}\n`);
  });
  const response = await fetch(`${server.url}/?query=SELECT+1`);
  expect(response.status).toBe(500);
  expect(response.headers.get('x-clickhouse-exception-code')).toBe('202');
  expect(await response.text()).toMatch(/TOO_MANY_SIMULTANEOUS_QUERIES/);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  for (const sent of long) sent.destroy();
  await eventually(async () => expect(await processes()).toBe(0));
}, 120_000);

const lines = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `${from + i}\tname ${from + i}\n`).join('');

test('an insert longer than memory allows is streamed to the engine', async () => {
  const sent = open({ query: 'INSERT INTO t FORMAT TSV' });
  for (let i = 0; i < 20; i++) sent.write(lines(i * 10_000, 10_000));
  sent.end();
  const response = await answer(sent);
  expect(String(await bodyOf(response))).toBe('');
  expect(response.statusCode).toBe(200);
  expect(await server.sql('SELECT count(), uniqExact(id), max(id) FROM t')).toBe('200000\t200000\t199999\n');
});

test('with a bad row at its end, its first block is all that may stay', async () => {
  await server.sql('TRUNCATE TABLE t');
  const sent = open({ query: 'INSERT INTO t FORMAT TSV' });
  for (let i = 0; i < 10; i++) sent.write(lines(i * 10_000, 10_000));
  sent.end('no number\tx\n');
  const response = await answer(sent);
  expect(response.statusCode).toBe(400);
  expect(response.headers['x-clickhouse-exception-code']).toBe('27');
  expect(await server.sql('SELECT count() FROM t')).toBe('0\n');
});

test('a long insert that breaks off stores nothing of its open block', async () => {
  const sent = open({ query: 'INSERT INTO t FORMAT TSV' });
  sent.on('error', () => {});
  for (let i = 0; i < 10; i++) sent.write(lines(i * 10_000, 10_000));
  await eventually(async () =>
    expect(await server.sql("SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO t%'")).toBe(
      '1\n',
    ),
  );
  sent.destroy();
  await eventually(async () =>
    expect(
      await server.sql(
        "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO t%' AND is_cancelled = 0",
      ),
    ).toBe('0\n'),
  );
  expect(await server.sql('SELECT count() FROM t')).toBe('0\n');
});

test('a short insert that breaks off stores nothing', async () => {
  const sent = open({ query: 'INSERT INTO t FORMAT TSV' }, { 'Content-Length': '1000' });
  sent.on('error', () => {});
  sent.write('1\ta\n');
  await eventually(() => expect(sent.writableLength).toBe(0));
  sent.destroy();
  await server.sql('SELECT 1');
  expect(await server.sql('SELECT count() FROM t')).toBe('0\n');
});

test('a long insert with a token is refused: it would not be one block', async () => {
  const sent = open({ query: 'INSERT INTO t FORMAT TSV', insert_deduplication_token: 'a' });
  sent.on('error', () => {});
  for (let i = 0; i < 10; i++) sent.write(lines(i * 10_000, 10_000));
  sent.end();
  const response = await answer(sent);
  expect(response.statusCode).toBe(413);
  expect(String(await bodyOf(response))).toMatch(/CLICKHOUSE_MAX_INSERT_BYTES/);
  expect(await server.sql('SELECT count() FROM t')).toBe('0\n');
});

test('two line breaks within the data are data', async () => {
  // 2,570 is 0x0a0a.
  for (const format of ['RowBinary', 'Native', 'CSV', 'JSONEachRow']) {
    await server.sql('TRUNCATE TABLE t');
    const rows = `SELECT 2565 + number AS id, if(number = 7, 'a\n\nb', '') AS name FROM numbers(10)`;
    const data = await fetch(`${server.url}/?${new URLSearchParams({ query: `${rows} FORMAT ${format}` })}`);
    const response = await fetch(
      `${server.url}/?${new URLSearchParams({ query: `INSERT INTO t FORMAT ${format}` })}`,
      { method: 'POST', body: await data.arrayBuffer() },
    );
    expect(await response.text()).toBe('');
    expect(await server.sql('SELECT count(), sum(id), max(name) FROM t')).toBe('10\t25695\ta\\n\\nb\n');
  }
});

test('binary data under a token are one block, and count once in the table and behind it', async () => {
  await server.sql(
    'CREATE TABLE raw (id UInt64, name String) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100',
  );
  await server.sql(
    'CREATE TABLE tens (ten UInt8, rows UInt64) ENGINE = SummingMergeTree ORDER BY ten SETTINGS non_replicated_deduplication_window = 100',
  );
  await server.sql(
    'CREATE MATERIALIZED VIEW tens_view TO tens AS SELECT id % 10 AS ten, count() AS rows FROM raw GROUP BY ten',
  );
  const rows = 100_000;
  for (const format of ['RowBinary', 'Native']) {
    await server.sql('TRUNCATE TABLE raw');
    await server.sql('TRUNCATE TABLE tens');
    const query = `SELECT number AS id, '' AS name FROM numbers(${rows}) FORMAT ${format}`;
    const data = await fetch(`${server.url}/?${new URLSearchParams({ query })}`);
    const bytes = Buffer.from(await data.arrayBuffer());
    expect(bytes.includes('\n\n')).toBe(true);
    const settings = Object.entries(exactlyOnce(format)).map(([name, value]) => [name, String(value)]);
    for (let attempt = 0; attempt < 2; attempt++) {
      await server.sql(bytes, { query: `INSERT INTO raw FORMAT ${format}`, ...Object.fromEntries(settings) });
    }
    expect(
      await server.sql(
        "SELECT count(), sum(rows) FROM system.parts WHERE active AND table = 'raw' AND database = currentDatabase()",
      ),
    ).toBe(`1\t${rows}\n`);
    expect(await server.sql('SELECT sum(rows) FROM tens')).toBe(`${rows}\n`);
  }
});

test('sessions keep their settings and temporary tables, and are locked while in use', async () => {
  const session = { session_id: 'mine' };
  await server.sql('SET max_threads = 7', session);
  await server.sql('CREATE TEMPORARY TABLE mine (a UInt8)', session);
  await server.sql('INSERT INTO mine VALUES (1), (2)', session);
  expect(await server.sql("SELECT count(), getSetting('max_threads') FROM mine", session)).toBe('2\t7\n');
  await expect(server.sql('SELECT * FROM mine')).rejects.toThrow(/UNKNOWN_TABLE/);
  const both = await Promise.allSettled([
    server.sql('SELECT sleep(0.5)', session),
    server.sql('SELECT sleep(0.5)', session),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(server.sql('SELECT 1', { session_id: 'other', session_check: '1' })).rejects.toThrow(
    /Code: 372/,
  );
});
