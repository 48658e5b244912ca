import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { clusterName } from '../../../infra/embedded/clickhouse/cluster.ts';
import { startProcess } from '../../../infra/platform/process.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';
import { startTestServer, type TestServer } from './server.ts';

jest.setTimeout(120_000);

let server: TestServer;
let client: ClickHouseClient;
beforeAll(async () => {
  server = await startTestServer();
  client = createClient({
    url: server.url,
    compression: { request: true, response: true },
    log: { level: ClickHouseLogLevel.OFF },
  });
  await client.command({
    query: `CREATE TABLE events (id UInt64, at DateTime64(3, 'UTC'), tags Array(String), more Map(String, String))
            ENGINE = MergeTree ORDER BY id`,
  });
}, 120_000);
afterAll(async () => {
  await client?.close();
  await server?.dispose();
}, 120_000);

describe('@clickhouse/client', () => {
  test('ping', async () => {
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toMatchObject({ success: true });
  });

  test('insert and query of rows', async () => {
    const inserted = await client.insert({
      table: 'events',
      format: 'JSONEachRow',
      values: [
        { id: 1, at: '2026-11-22 10:15:30.123', tags: ['a', "it's"], more: { k: 'v' } },
        { id: 2, at: '2026-11-22 10:15:31.000', tags: [], more: {} },
      ],
    });
    expect(inserted.executed).toBe(true);
    expect(inserted.summary).toMatchObject({ written_rows: '2' });
    const result = await client.query({
      query: 'SELECT * FROM events WHERE id <= {last:UInt64} ORDER BY id',
      query_params: { last: 2 },
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([
      { id: 1, at: '2026-11-22 10:15:30.123', tags: ['a', "it's"], more: { k: 'v' } },
      { id: 2, at: '2026-11-22 10:15:31.000', tags: [], more: {} },
    ]);
  });

  test('insert of a stream', async () => {
    await client.insert({
      table: 'events',
      format: 'JSONEachRow',
      values: Readable.from(
        (function* () {
          for (let id = 1000; id < 6000; id++) yield { id };
        })(),
      ),
    });
    const result = await client.query({
      query: 'SELECT count() AS n FROM events WHERE id >= 1000',
      format: 'JSON',
    });
    expect(await result.json()).toMatchObject({ data: [{ n: 5000 }], rows: 1 });
  });

  test('a streamed result', async () => {
    const result = await client.query({
      query: 'SELECT number FROM numbers(300000)',
      format: 'JSONCompactEachRow',
    });
    let rows = 0;
    for await (const chunk of result.stream()) rows += chunk.length;
    expect(rows).toBe(300_000);
  });

  // A compressed answer that breaks off fails before the client has unpacked the exception in it.
  test.each([
    { response: false, reason: /throwIf/ },
    { response: true, reason: /throwIf|unexpected end of file/ },
  ])('an error in the middle of a streamed result, compressed: $response', async ({ response, reason }) => {
    using resources = new DisposableStack();
    const reader = createClient({
      url: server.url,
      compression: { response },
      log: { level: ClickHouseLogLevel.OFF },
    });
    resources.defer(() => void reader.close());
    const result = await reader.query({
      query: 'SELECT throwIf(number = 3000000) AS a FROM numbers(5000000)',
      format: 'JSONEachRow',
    });
    const read = async () => {
      for await (const _ of result.stream());
    };
    await expect(read()).rejects.toThrow(reason);
  });

  test('an error with its code and type', async () => {
    await expect(client.query({ query: 'SELECT * FROM nope' })).rejects.toMatchObject({
      code: '60',
      type: 'UNKNOWN_TABLE',
    });
  });

  test('exec, and settings of one statement', async () => {
    const { stream, query_id } = await client.exec({
      query: "SELECT getSetting('max_threads') FORMAT TSV",
      clickhouse_settings: { max_threads: 3 },
      query_id: 'exec-1',
    });
    expect(query_id).toBe('exec-1');
    expect(String(await (stream as Readable).toArray())).toBe('3\n');
  });

  test('parameters of all kinds', async () => {
    const result = await client.query({
      query: `SELECT {text:String} AS text, {list:Array(UInt32)} AS list, {at:DateTime64(3)} AS at,
              {nothing:Nullable(String)} AS nothing, {map:Map(String, UInt8)} AS map, {name:Identifier} AS one FROM system.one`,
      query_params: {
        text: "quote ' backslash \\ tab \t line \n end",
        list: [1, 2],
        at: new Date('2026-11-22T10:15:30.123Z'),
        nothing: null,
        map: { a: 1 },
        name: 'dummy',
      },
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([
      {
        text: "quote ' backslash \\ tab \t line \n end",
        list: [1, 2],
        at: '2026-11-22 10:15:30.123',
        nothing: null,
        map: { a: 1 },
        one: 0,
      },
    ]);
  });

  test('an aborted query is cancelled on the server', async () => {
    const abort = new AbortController();
    const running = client.query({
      query: 'SELECT max(sipHash64(number)) FROM numbers(1e13)',
      abort_signal: abort.signal,
    });
    const outcome = expect(running).rejects.toThrow(/abort/i);
    const count = async () =>
      server.sql(
        "SELECT count() FROM system.processes WHERE query LIKE '%1e13%' AND query NOT LIKE '%processes%' AND is_cancelled = 0",
      );
    await eventually(async () => expect(await count()).toBe('1\n'));
    abort.abort();
    await outcome;
    await eventually(async () => expect(await count()).toBe('0\n'));
  });

  test('a wrong password', async () => {
    const stranger = createClient({
      url: server.url,
      password: 'no',
      log: { level: ClickHouseLogLevel.OFF },
    });
    await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({ code: '516' });
    await stranger.close();
  });

  test('many queries at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const result = await client.query({
          query: 'SELECT {i:UInt32} + sleep(0.01) AS i',
          query_params: { i },
          format: 'JSONEachRow',
        });
        return (await result.json<{ i: number }>())[0]?.i;
      }),
    );
    expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

test('curl', async () => {
  const run = async (...args: string[]) => (await promisify(execFile)('curl', ['-sS', ...args])).stdout;
  expect(await run(`${server.url}/ping`)).toBe('Ok.\n');
  expect(await run(server.url, '--data-binary', 'SELECT 1')).toBe('1\n');
  expect(await run('--compressed', `${server.url}/?enable_http_compression=1&query=SELECT+2`)).toBe('2\n');
  expect(await run('-u', 'default:', `${server.url}/?query=SELECT+3`)).toBe('3\n');
});

test('a Distributed table over the one shard', async () => {
  await server.sql(
    `CREATE TABLE events_distributed AS events ENGINE = Distributed('${clusterName}', currentDatabase(), 'events', id)`,
  );
  const one = await server.sql('SELECT count(), sum(id) FROM events');
  expect(await server.sql('SELECT count(), sum(id) FROM events_distributed')).toBe(one);
  await server.sql('INSERT INTO events_distributed (id) VALUES (900001)', {
    distributed_foreground_insert: '1',
  });
  expect(await server.sql('SELECT count() FROM events WHERE id = 900001')).toBe('1\n');
  expect(
    await server.sql(
      'SELECT count() FROM events_distributed WHERE id IN (SELECT id FROM events WHERE id > 5990)',
    ),
  ).toBe('10\n');
});

describe('after kill -9', () => {
  test('everything acknowledged is there, and the server starts again', async () => {
    const acknowledged: number[] = [];
    const inserting = (async () => {
      for (let id = 2_000_000; ; id++) {
        try {
          await server.sql(`INSERT INTO events (id) VALUES (${id})`);
        } catch {
          return;
        }
        acknowledged.push(id);
      }
    })();
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(20));
    await server.restart();
    await inserting;
    const stored = await server.sql('SELECT id FROM events WHERE id >= 2000000 ORDER BY id');
    expect(stored.trim().split('\n').slice(0, acknowledged.length).map(Number)).toEqual(acknowledged);
  });

  test('SIGTERM lets what runs end', async () => {
    const slow = server.sql('INSERT INTO events (id) SELECT 3000000 + sleep(1)');
    await eventually(async () =>
      expect(await server.sql("SELECT count() FROM system.processes WHERE query LIKE '%sleep(1)%'")).toBe(
        '2\n',
      ),
    );
    const stopping = Date.now();
    await server.stop();
    await slow;
    // Connections that clients keep alive do not hold it up.
    expect(Date.now() - stopping).toBeLessThan(10_000);
    await server.start();
    expect(await server.sql('SELECT count() FROM events WHERE id = 3000000')).toBe('1\n');
  });

  test('a second server on the same folder is refused before it touches anything', async () => {
    const second = await startProcess(
      { ...server.part, env: { ...server.part.env, CLICKHOUSE_PORT: String(await freePort()) } },
      { logFile: server.logFile },
    );
    expect(await second.exited).toMatchObject({ code: 1 });
    const log = readFileSync(server.logFile, 'utf8').trim().split('\n');
    expect(log.at(-1)).toMatch(/Another server works on/);
    expect(await server.sql('SELECT 1')).toBe('1\n');
  });
});
