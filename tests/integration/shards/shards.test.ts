import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createWrite } from '../../../functions/clickhouse-write/write.ts';
import { createQuery } from '../../../functions/query/query.ts';
import { copySchema } from '../../../infra/clickhouse/copy-schema.ts';
import { createClickHouse } from '../../../shared/clients/clickhouse/index.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { HttpError } from '../../../shared/errors/index.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestServer } from '../embedded-clickhouse/server.ts';
import { quietMetrics } from '../stores/open-stores.ts';
import { type Shards, startShards } from './three-shards.ts';

jest.setTimeout(180_000);

const partitions = 6;
const perRange = 40;
const users = 500;
const types = ['page_view', 'purchase', 'search'];
const start = Date.UTC(2026, 10, 20, 22, 0);

/** Event number `offset` of a partition: three days, users that several shards see. */
const eventAt = (partition: number, offset: number) =>
  cleanEvent(`${partition}-${offset}`, {
    user_id: (offset * 7 + partition * 131) % users,
    event_type: types[(offset + partition) % 3] as string,
    timestamp: start + ((offset * 37 + partition) % 2880) * 60_000,
  });

let shards: Shards;
beforeAll(async () => {
  shards = await startShards(3);
}, 120_000);
afterAll(() => shards?.close());

describe('three shards under load', () => {
  /** What each partition has sent: acknowledged offsets; the next range keeps its route once it is declared. */
  const acknowledged = Array.from({ length: partitions }, () => 0);
  let routes = 3;
  let clickhouse: ReturnType<Shards['connect']>;
  let write: ReturnType<typeof createWrite>;
  let sending = true;
  const refusals = new Map<number, number>();

  function connect() {
    clickhouse = shards.connect();
    write = createWrite({ clickhouse, metrics: quietMetrics, now: Date.now });
  }

  /** Sends range after range as the connector does: declared once, repeated until it is answered with success. */
  async function feed(partition: number) {
    while (sending) {
      const first = acknowledged[partition] as number;
      const route = partition % routes;
      const values = Array.from({ length: perRange }, (_, i) => eventAt(partition, first + i));
      const { event, batch } = cleanRange(values, { partition, first, route });
      for (;;) {
        try {
          await write(event, batch);
          break;
        } catch (error) {
          if (!(error instanceof HttpError) || error.statusCode !== 503) throw error;
          refusals.set(partition, (refusals.get(partition) ?? 0) + 1);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      acknowledged[partition] = first + perRange;
    }
  }

  const moved = (from: readonly number[], wanted: readonly number[]) =>
    eventually(
      () => {
        for (const p of wanted) expect(acknowledged[p]).toBeGreaterThan((from[p] as number) + perRange);
      },
      { timeoutMs: 60_000 },
    );
  const all = [0, 1, 2, 3, 4, 5];

  test('kills, a freeze and a fourth shard: nothing is lost, nothing doubled', async () => {
    connect();
    const feeding = Promise.all(all.map(feed));
    await moved([...acknowledged], all);

    // Killed: the partitions of the other two routes go on, its own wait and go on when it is back.
    const killed = shards.servers[1] as Shards['servers'][number];
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended();
    await eventually(() => expect(refusals.get(4)).toBeGreaterThan(0), { timeoutMs: 60_000 });
    const whileDead = [...acknowledged];
    await moved(whileDead, [0, 2, 3, 5]);
    expect([acknowledged[1], acknowledged[4]]).toEqual([whileDead[1], whileDead[4]]);
    await killed.restart();
    await moved(whileDead, all);

    // Frozen: calls time out with an unknown outcome, and what it does after waking up is known already.
    const frozen = shards.servers[2] as Shards['servers'][number];
    refusals.clear();
    process.kill(frozen.pid, 'SIGSTOP');
    const whileFrozen = [...acknowledged];
    try {
      await eventually(() => expect(refusals.get(5)).toBeGreaterThan(1), { timeoutMs: 60_000 });
      await moved(whileFrozen, [0, 1, 3, 4]);
    } finally {
      process.kill(frozen.pid, 'SIGCONT');
    }
    await moved(whileFrozen, all);

    // Appended while ranges are open: first the routes, so that some wait for a shard that nobody knows yet.
    refusals.clear();
    routes = 4;
    await eventually(() => expect(refusals.get(3)).toBeGreaterThan(0), { timeoutMs: 60_000 });
    await shards.add();
    const before = clickhouse;
    connect();
    await moved([...acknowledged], all);

    sending = false;
    await feeding;
    await Promise.all([before.close(), clickhouse.close()]);

    const total = acknowledged.reduce((sum, count) => sum + count, 0);
    const counts = await shards.each('SELECT count() FROM events_local');
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    const sums = await shards.each('SELECT sum(source_offset) FROM events_local');
    expect(sums.reduce((sum, one) => sum + one, 0)).toBe(
      acknowledged.reduce((sum, end) => sum + (end * (end - 1)) / 2, 0),
    );
    const rollups = await shards.each('SELECT sum(events) FROM events_per_minute_local');
    expect(rollups).toEqual(counts);
  });

  test('query answers exactly across them', async () => {
    await shards.joinTables();
    const sent = all.flatMap((partition) =>
      Array.from({ length: acknowledged[partition] as number }, (_, offset) => eventAt(partition, offset)),
    );
    const joined = shards.connect();
    const query = createQuery({
      clickhouse: joined,
      events: () => {
        throw new Error('no question for MongoDB');
      },
      now: () => start + 3 * 86_400_000,
    });
    const ask = async (path: string, parameters: Record<string, string>) => {
      const answer = await query({
        rawPath: path,
        rawQueryString: new URLSearchParams({
          from: new Date(start + 90_500).toISOString(),
          to: new Date(start + 2_500 * 60_000 + 250).toISOString(),
          ...parameters,
        }).toString(),
        requestContext: { http: { method: 'GET' } },
        headers: {},
      } as never);
      return (JSON.parse(answer.body as string) as { rows: Record<string, unknown>[] }).rows;
    };
    try {
      const asked = sent.filter(
        ({ timestamp }) => timestamp >= start + 90_500 && timestamp < start + 2_500 * 60_000 + 250,
      );
      const days = Map.groupBy(asked, ({ timestamp }) => new Date(timestamp).toISOString().slice(0, 10));
      expect(await ask('/unique-users', { granularity: 'day' })).toEqual(
        [...days].sort().map(([event_date, events]) => ({
          event_date,
          unique_users: new Set(events.map(({ user_id }) => user_id)).size,
        })),
      );
      const byType = Map.groupBy(asked, ({ event_type }) => event_type);
      const expected = [...byType].map(([event_type, events]) => ({ event_type, n: events.length }));
      const counts = await ask('/event-counts', { granularity: 'all', by: 'event_type' });
      expect(
        counts.map(({ event_type, event_count }) => ({ event_type, n: event_count })).sort(byName),
      ).toEqual(expected.sort(byName));
      const top = await ask('/top-events', {});
      expect(
        top.map(({ event_type, total_events }) => ({ event_type, n: total_events })).sort(byName),
      ).toEqual(expected);
    } finally {
      await joined.close();
    }
  });
});

test('a new replica begins with the schema that its twin has now', async () => {
  const [twin] = shards.servers;
  const added = await startTestServer();
  const clients = [twin?.url as string, added.url].map((url) => createClient({ url, database: 'analytics' }));
  const [from, to] = clients as [ClickHouseClient, ClickHouseClient];
  try {
    await twin?.sql('ALTER TABLE analytics.check_positions ADD COLUMN later UInt8');
    await added.sql(
      'CREATE TABLE analytics.schema_migrations (version UInt32, name String, checksum String) ENGINE = MergeTree ORDER BY version',
    );
    await copySchema({ from, to, database: 'analytics' });
    await copySchema({ from, to, database: 'analytics' });
    const columns = `SELECT table, name, type FROM system.columns
      WHERE database = 'analytics' AND table NOT IN ('schema_migrations') ORDER BY ALL FORMAT TSV`;
    expect(await added.sql(columns)).toBe(await twin?.sql(columns));
    const versions =
      'SELECT DISTINCT version, name, checksum FROM analytics.schema_migrations ORDER BY version FORMAT TSV';
    expect(await added.sql(versions)).toBe(await twin?.sql(versions));
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await added.dispose();
  }
});

test('a replica whose answer is lost is replaced by its twin with the same token', async () => {
  const [first] = shards.servers;
  const url = first?.url as string;
  // Passes everything on to the server and never answers: to the writer, a replica that froze after the write.
  const silent = createServer(async (request) => {
    const body = new Uint8Array(await buffer(request));
    await fetch(`${url}${request.url}`, {
      method: 'POST',
      headers: { authorization: request.headers.authorization ?? '' },
      body,
    });
    answered += 1;
  });
  let answered = 0;
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const silentUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const twins = createClickHouse(readSettings({ CLICKHOUSE_URL: `${silentUrl}|${url}` }), {
    requestTimeoutMs: 10_000,
  });
  try {
    const { event, batch } = cleanRange([eventAt(0, 0), eventAt(0, 1)], { topicId: 'twins' });
    const there = 'SELECT count(), (SELECT sum(events) FROM events_per_minute_local) FROM events_local';
    const before = await first?.sql(`${there} FORMAT JSONCompactEachRow`, { database: 'analytics' });
    await createWrite({ clickhouse: twins, metrics: quietMetrics, now: Date.now })(event, batch);
    await eventually(() => expect(answered).toBe(1), { timeoutMs: 60_000 });
    const after = await first?.sql(`${there} FORMAT JSONCompactEachRow`, { database: 'analytics' });
    const [rows, events] = JSON.parse(before ?? '').map(Number);
    expect(JSON.parse(after ?? '').map(Number)).toEqual([rows + 2, events + 2]);
    // From now on the twin is asked first: no further range waits for the frozen one.
    const next = cleanRange([eventAt(0, 2)], { topicId: 'twins', first: 200 });
    await createWrite({ clickhouse: twins, metrics: quietMetrics, now: Date.now })(next.event, next.batch);
    expect(answered).toBe(1);
  } finally {
    await twins.close();
    silent.closeAllConnections();
    silent.close();
  }
});

const byName = (a: { event_type: unknown }, b: { event_type: unknown }) =>
  String(a.event_type) < String(b.event_type) ? -1 : 1;
