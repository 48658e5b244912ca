import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countsStatement } from '../../../functions/query/counts.ts';
import { funnelStatement } from '../../../functions/query/funnel.ts';
import { cutRange, minuteMs } from '../../../functions/query/range.ts';
import { retentionStatement } from '../../../functions/query/retention.ts';
import { revenueStatement } from '../../../functions/query/revenue.ts';
import { sessionsStatement } from '../../../functions/query/sessions.ts';
import { topUsersStatement } from '../../../functions/query/top-users.ts';
import { uniqueUsersStatement } from '../../../functions/query/unique-users.ts';

const none = { columns: {}, properties: [] as [string, string][] };
const at = (text: string) => Date.parse(`2026-11-22T${text}Z`);

describe('cutRange', () => {
  test.each([
    ['whole minutes', '10:00:00', '10:05:00', '10:00:00-10:05:00', []],
    [
      'ragged at both ends',
      '10:00:30',
      '10:05:10',
      '10:01:00-10:05:00',
      ['10:00:30-10:01:00', '10:05:00-10:05:10'],
    ],
    ['within one minute', '10:00:10', '10:00:20', undefined, ['10:00:10-10:00:20']],
    ['across one boundary', '10:00:50', '10:01:10', undefined, ['10:00:50-10:01:10']],
  ])('%s', (_name, from, to, inside, edges) => {
    const text = ({ fromMs, toMs }: { fromMs: number; toMs: number | undefined }) =>
      [fromMs, toMs ?? 0].map((ms) => new Date(ms).toISOString().slice(11, 19)).join('-');
    const cut = cutRange({ fromMs: at(from), toMs: at(to) }, minuteMs);
    expect(cut.inside && text(cut.inside)).toBe(inside);
    expect(cut.edges.map(text)).toEqual(edges);
  });

  test('the pieces cover the range exactly', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 1_000_000 }), (fromMs, length) => {
        const { inside, edges } = cutRange({ fromMs, toMs: fromMs + length }, minuteMs);
        const pieces = [...edges, ...(inside ? [inside] : [])].sort((a, b) => a.fromMs - b.fromMs);
        let reached = fromMs;
        for (const piece of pieces) {
          if (piece.fromMs !== reached) return false;
          reached = piece.toMs ?? Number.NaN;
        }
        const whole =
          inside === undefined || (inside.fromMs % minuteMs === 0 && (inside.toMs ?? 0) % minuteMs === 0);
        return reached === fromMs + length && whole;
      }),
    );
  });
});

describe('statements', () => {
  const counts = {
    granularity: 'hour',
    by: ['event_type'],
    zone: 'UTC',
    order: 'count',
    countName: 'event_count',
    limit: 10,
  } as const;

  test('whole minutes by type: the rollup alone', () => {
    const range = { fromMs: at('10:00:00'), toMs: at('11:00:00') };
    const { text, computed } = countsStatement({ ...counts, range, filters: none });
    expect(text).toContain('FROM events_per_minute');
    expect(text).not.toContain('events_distributed');
    expect(computed).toBe('summed from events_per_minute');
  });

  test('ragged ends: rows there, the rollup inside', () => {
    const range = { fromMs: at('10:00:01'), toMs: at('11:00:00') };
    const { text } = countsStatement({ ...counts, range, filters: none });
    expect(text).toMatch(/events_per_minute[\s\S]*UNION ALL[\s\S]*events_distributed/);
  });

  test('rows are bounded by their days too, to the last that holds a moment of the range', () => {
    const days = (toMs: number | undefined) => {
      const range = { fromMs: at('10:00:01'), toMs };
      const { text, params } = topUsersStatement({ range, filters: none, limit: 1 });
      const bounds = text.matchAll(/events_distributed\.event_date (>=|<=) \{(p\d+):Date\}/g);
      return [...bounds].map(([, sign, name]) => `${sign} ${params[name as string]}`);
    };
    const midnight = Date.UTC(2026, 10, 24);
    expect(days(undefined)).toEqual(['>= 2026-11-22']);
    expect(days(midnight)).toEqual(['>= 2026-11-22', '<= 2026-11-23']);
    expect(days(midnight + 1)).toEqual(['>= 2026-11-22', '<= 2026-11-24']);
  });

  test('what the rollup does not know comes from rows', () => {
    const range = { fromMs: at('10:00:00'), toMs: at('11:00:00') };
    for (const question of [
      { ...counts, range, by: ['country'] as const, filters: none },
      { ...counts, range, filters: { ...none, columns: { device: ['mobile'] } } },
      { ...counts, range, filters: { ...none, properties: [['sku', 'A'] as [string, string]] } },
    ]) {
      expect(countsStatement(question).text).not.toContain('events_per_minute');
    }
  });

  test('no value is pasted into a statement', () => {
    const evil = "'; DROP TABLE events_local; --";
    const filters = {
      columns: { event_type: [evil], country: [evil] },
      properties: [[evil, evil] as [string, string]],
    };
    const range = { fromMs: 0, toMs: undefined };
    for (const { text, params } of [
      countsStatement({ ...counts, range, filters, zone: evil }),
      uniqueUsersStatement({ range, granularity: 'day', filters, zone: evil, limit: 1 }),
      funnelStatement({ range, filters, steps: [evil, evil], withinSeconds: 1 }),
      retentionStatement({ range, filters, period: 'day', zone: evil, first: evil, back: evil, limit: 1 }),
      sessionsStatement({ range, filters, granularity: 'day', zone: evil, limit: 1 }),
      revenueStatement({ range, filters, granularity: 'day', by: [], zone: evil, limit: 1 }),
      topUsersStatement({ range, filters, limit: 1 }),
    ]) {
      expect(text).not.toContain('DROP');
      expect(Object.values(params)).toContain(evil);
    }
  });

  test('distinct users: sets for whole days, rows for partial ones and for filters', () => {
    const day = (from: string, filters = none) =>
      uniqueUsersStatement({
        range: { fromMs: at(from), toMs: undefined },
        granularity: 'day',
        filters,
        zone: 'UTC',
        limit: 1,
      }).computed;
    expect(day('00:00:00')).toBe('united from the sets of users_per_day');
    expect(day('12:00:00')).toMatch(/partial days/);
    expect(day('00:00:00', { ...none, columns: { event_type: ['a'] } } as typeof none)).toMatch(
      /events_distributed/,
    );
  });
});
