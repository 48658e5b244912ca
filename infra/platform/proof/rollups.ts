import { type ClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';

/** One rollup against the rows it is made from, bucket by bucket. */
export interface RollupComparison {
  name: string;
  /** What the rollup says, in all. */
  found: number;
  /** What the rows say. */
  expected: number;
  unit: string;
  /** Too few and too many, summed over the buckets. */
  lost: number;
  doubled: number;
}

const perMinute = `
  SELECT sum(kept) AS found, sum(counted) AS expected,
         sum(greatest(toInt64(counted) - toInt64(kept), 0)) AS lost,
         sum(greatest(toInt64(kept) - toInt64(counted), 0)) AS doubled
  FROM (
    SELECT minute, event_type, category, sum(a) AS kept, sum(b) AS counted
    FROM (
      SELECT minute, event_type, category, sum(events) AS a, 0 AS b FROM events_per_minute GROUP BY ALL
      UNION ALL
      SELECT toStartOfMinute(timestamp) AS minute, event_type, category, 0 AS a, count() AS b
      FROM events_distributed GROUP BY ALL SETTINGS optimize_use_projections = 0
    )
    GROUP BY minute, event_type, category
  )`;

const perDay = `
  SELECT a.event_date AS event_date, bitmapCardinality(a.users) AS found, bitmapCardinality(b.users) AS expected,
         bitmapAndnotCardinality(b.users, a.users) AS lost, bitmapAndnotCardinality(a.users, b.users) AS doubled
  FROM (SELECT event_date, groupBitmapMergeState(users) AS users FROM users_per_day GROUP BY event_date) AS a
  FULL JOIN (SELECT event_date, groupBitmapState(user_id) AS users FROM events_distributed GROUP BY event_date
             SETTINGS optimize_use_projections = 0) AS b
  ON a.event_date = b.event_date`;

const compared = [
  { name: 'events_per_minute', unit: 'events', sql: perMinute },
  { name: 'users_per_day', unit: 'users, day by day', sql: perDay },
];

/**
 * Compares every rollup with all rows of ClickHouse. Rows that come in between would look like a fault, so it is
 * done again until none did.
 *
 * @throws PipelineError `NOT_QUIET` when events keep coming in.
 */
export async function compareRollups(
  clickhouse: ClickHouse,
  { attempts = 10 }: { attempts?: number } = {},
): Promise<RollupComparison[]> {
  const [shard] = clickhouse.shards;
  if (!shard) return [];
  const ask = (sql: string) => shard.run((client) => rows<Record<string, unknown>>(client, sql));
  const count = async () => Number((await ask('SELECT count() AS n FROM events_distributed'))[0]?.n);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = await count();
    const results: RollupComparison[] = [];
    for (const { name, unit, sql } of compared) {
      const buckets = await ask(sql);
      const sum = (column: string) => buckets.reduce((total, row) => total + Number(row[column]), 0);
      results.push({
        name,
        unit,
        found: sum('found'),
        expected: sum('expected'),
        lost: sum('lost'),
        doubled: sum('doubled'),
      });
    }
    if ((await count()) === before) return results;
  }
  throw new PipelineError(
    'NOT_QUIET',
    'Events keep coming in, so rollups cannot be compared with rows: pause what sends them',
  );
}
