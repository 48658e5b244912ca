import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Collection, MongoClient } from 'mongodb';
import { type OwnServer, ownServer } from './server.ts';

interface Event {
  _id: string;
  event_type: string;
  timestamp: Date;
  user_id: number;
  n: number;
}

const start = Date.parse('2024-01-01T00:00:00Z');
const count = 30_000;
const types = ['purchase', 'page_view', 'click', 'login', 'search'];
const event = (n: number): Event => ({
  _id: `event-${n}`,
  event_type: types[n % types.length] as string,
  timestamp: new Date(start + ((n * 7919) % count) * 10_000),
  user_id: n % 3 === 0 ? 12345 : n % 1000,
  n,
});

describe('the look-ups of raw events', () => {
  let server: OwnServer;
  let client: MongoClient;
  let events: Collection<Event>;
  const all = Array.from({ length: count }, (_, n) => event(n));

  beforeAll(async () => {
    server = await ownServer();
    await server.start();
    client = await MongoClient.connect(server.uri);
    events = client.db('events').collection<Event>('raw_events');
    await events.createIndex({ user_id: 1, timestamp: -1 });
    await events.createIndex({ event_type: 1, timestamp: 1 });
    for (let from = 0; from < count; from += 5000) {
      await events.insertMany(all.slice(from, from + 5000), { ordered: false });
    }
  }, 120_000);

  afterAll(async () => {
    await client?.close();
    await server?.remove();
  });

  test('the last hundred of one user', async () => {
    const expected = all
      .filter(({ user_id }) => user_id === 12345)
      .sort((a, b) => b.timestamp.getTime() - a.timestamp.getTime())
      .slice(0, 100);
    const cursor = events.find({ user_id: 12345 }).sort({ timestamp: -1 }).limit(100);
    expect(await cursor.toArray()).toEqual(expected);
  });

  test('those of a type in a day', async () => {
    const day = { $gte: new Date('2024-01-01'), $lt: new Date('2024-01-02') };
    const found = await events.find({ event_type: 'purchase', timestamp: day }).toArray();
    const expected = all.filter(
      (e) => e.event_type === 'purchase' && e.timestamp >= day.$gte && e.timestamp < day.$lt,
    );
    expect(found.map(({ n }) => n).sort()).toEqual(expected.map(({ n }) => n).sort());
    expect(found.length).toBeGreaterThan(1000);
  });

  test('page by page through a user’s events, each once', async () => {
    const seen: number[] = [];
    let last: Event | undefined;
    for (;;) {
      const after = last && {
        $or: [{ timestamp: { $lt: last.timestamp } }, { timestamp: last.timestamp, _id: { $lt: last._id } }],
      };
      const page = await events
        .find({ user_id: 12345, ...after })
        .sort({ timestamp: -1, _id: -1 })
        .limit(500)
        .toArray();
      if (page.length === 0) break;
      seen.push(...page.map(({ n }) => n));
      last = page.at(-1);
    }
    expect(seen).toHaveLength(all.filter(({ user_id }) => user_id === 12345).length);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('are quick: neither looks at more than it shows', async () => {
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      const before = performance.now();
      await events.find({ user_id: 12345 }).sort({ timestamp: -1 }).limit(100).toArray();
      times.push(performance.now() - before);
    }
    // Far above what it takes (a few ms), far below what looking at ten thousand documents takes.
    expect(times.sort((a, b) => a - b)[times.length >> 1]).toBeLessThan(100);
  });
});
