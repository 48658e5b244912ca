import { describe, expect, test } from '@jest/globals';
import { createEventSource, type GeneratedEvent } from '../../../functions/generate/event-source.ts';
import { invalidKinds } from '../../../functions/generate/invalid.ts';
import { type RunParameters, readRequest } from '../../../functions/generate/request.ts';
import { createEventCheck, loadCategories, parseCategories } from '../../../shared/events/index.ts';

const startMs = Date.UTC(2026, 10, 22, 12);
const categories = loadCategories();
const check = createEventCheck({ categories, retentionDays: 1825 });

function source(given: Partial<RunParameters>, { runId = 'r', history = 0 } = {}) {
  const { parameters } = readRequest(JSON.stringify({ count: 20_000, ...given }));
  return createEventSource({ runId, parameters, startMs, history, categories });
}

const events = (count: number, ...args: Parameters<typeof source>): GeneratedEvent[] => {
  const make = source(...args);
  return Array.from({ length: count }, (_, i) => make(i, 0));
};

const parse = ({ value }: GeneratedEvent) => JSON.parse(value.toString()) as Record<string, never>;

describe('a run of 20,000', () => {
  const all = events(20_000, {});
  const valid = all.filter(({ kind }) => kind !== 'invalid');

  test('is the same again, from any index on', () => {
    const again = source({});
    for (const i of [19_999, 7, 12_345, 0, 500]) expect(again(i, 0)).toEqual(all[i]);
  });

  test('differs by seed, and in its ids by run', () => {
    const [other] = events(1, { seed: 2 });
    expect(other?.value).not.toEqual(all[0]?.value);
    const elsewhere = events(20_000, {}, { runId: 'other' });
    const ids = (list: GeneratedEvent[]) => list.map((event) => event.value.toString('latin1', 0, 60));
    expect(
      new Set([...ids(valid), ...ids(elsewhere.filter(({ kind }) => kind !== 'invalid'))]).size,
    ).toBeGreaterThan(39_000);
  });

  test('is valid where it says so, and invalid where it says so', () => {
    const accepted = (event: GeneratedEvent) => {
      try {
        return check(parse(event), startMs).ok;
      } catch {
        return false;
      }
    };
    expect(all.filter((event) => accepted(event) !== (event.kind !== 'invalid'))).toEqual([]);
  });

  test('has its shares', () => {
    const share = (which: (event: GeneratedEvent) => boolean) => all.filter(which).length / all.length;
    expect(share(({ kind }) => kind === 'invalid')).toBeCloseTo(0.01, 2);
    expect(share(({ kind }) => kind === 'late')).toBeCloseTo(0.02, 2);
    expect(share(({ withId }) => !withId)).toBeCloseTo(0.005, 2);
  });

  test('never uses an id twice', () => {
    const ids = valid.map(parse).flatMap(({ event_id }) => event_id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('keeps sessions with one user, in order of time', () => {
    const sessions = new Map<string, { user: number; last: number }>();
    const broken: GeneratedEvent[] = [];
    for (const event of all.filter(({ kind }) => kind === 'valid')) {
      const { session_id, user_id } = parse(event) as unknown as { session_id: string; user_id: number };
      const known = sessions.get(session_id);
      if ((known?.user ?? user_id) !== user_id || event.timestampMs < (known?.last ?? 0)) broken.push(event);
      sessions.set(session_id, { user: user_id, last: event.timestampMs });
    }
    expect(broken).toEqual([]);
    expect(all.length / sessions.size).toBeGreaterThan(3);
  });

  test('has few busy users and many quiet ones, and user 12345', () => {
    const counts = new Map<string, number>();
    for (const { key } of all) counts.set(String(key), (counts.get(String(key)) ?? 0) + 1);
    const sorted = [...counts.values()].sort((a, b) => b - a);
    expect((sorted[0] as number) / all.length).toBeGreaterThan(0.03);
    expect(sorted.slice(0, 100).reduce((a, b) => a + b) / all.length).toBeGreaterThan(0.25);
    expect(counts.get('12345')).toBeGreaterThan(0);
    expect(counts.size).toBeGreaterThan(800);
  });

  test('follows types by weight', () => {
    const of = (type: string) => valid.map(parse).filter(({ event_type }) => event_type === type).length;
    const ratio = of('page_view') / of('purchase');
    expect(ratio).toBeGreaterThan(7);
    expect(ratio).toBeLessThan(14);
  });

  test('spreads over a day that is busier in the afternoon than at night', () => {
    const hour = (h: number) =>
      all.filter(({ timestampMs }) => new Date(timestampMs).getUTCHours() === h).length;
    expect(hour(15)).toBeGreaterThan(4 * hour(3));
    const times = all.filter(({ kind }) => kind === 'valid').map(({ timestampMs }) => timestampMs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(startMs - 86_400_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(startMs);
  });
});

test('each kind of fault is rejected', () => {
  expect(Object.keys(invalidKinds).length).toBeGreaterThanOrEqual(6);
  const spoiled = events(3000, { invalid_share: 1, late_share: 0, no_id_share: 0 });
  const reasons = new Set<string>();
  for (const event of spoiled) {
    try {
      const result = check(parse(event), startMs);
      expect(result.ok).toBe(false);
      if (!result.ok) reasons.add(`${result.fault.field} ${result.fault.reason}`);
    } catch {
      reasons.add('not JSON');
    }
  }
  expect(reasons.size).toBeGreaterThanOrEqual(10);
});

test('at a rate, each event has the time when it is due', () => {
  const all = events(100, { count: 100, rate: 50, invalid_share: 0, late_share: 0 });
  expect(all.map(({ timestampMs }) => timestampMs)).toEqual(
    Array.from({ length: 100 }, (_, i) => startMs + i * 20),
  );
  expect(source({ rate: 50, late_share: 0 })(10, 7000).timestampMs).toBe(startMs + 200 + 7000);
});

test('history is purchases on 2024-01-01, of user 12345 among others', () => {
  const all = events(20, {}, { history: 20 });
  for (const event of all) {
    expect(parse(event)).toMatchObject({
      event_type: 'purchase',
      properties: { amount: expect.any(Number) },
    });
    expect(new Date(event.timestampMs).toISOString()).toMatch(/^2024-01-01T/);
    expect(check(parse(event), startMs).ok).toBe(true);
  }
  expect(String(all[0]?.key)).toBe('12345');
});

test('types of one’s own are generated to fit their description', () => {
  const own = parseCategories(`
categories:
  c:
    t:
      properties:
        n: {type: number, min: 5, max: 6}
        i: {type: integer, min: -3, max: 3}
        s: {type: string, values: [x, y]}
        l: {type: string, max_length: 2}
        b: {type: boolean}
        o: {type: object}
        a: {type: array}
    never: {weight: 0}
`);
  const { parameters } = readRequest('{"count":500,"invalid_share":0}');
  const make = createEventSource({ runId: 'r', parameters, startMs, history: 0, categories: own });
  const ownCheck = createEventCheck({ categories: own, retentionDays: 1825 });
  for (let i = 0; i < 500; i++) {
    expect(ownCheck(parse(make(i, 0)), startMs)).toMatchObject({
      ok: true,
      event: { event_type: 't' },
    });
  }
});
