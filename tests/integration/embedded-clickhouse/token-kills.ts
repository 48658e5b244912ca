import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inOrder, parseLog } from '../../../infra/embedded/clickhouse/token-log/log-file.ts';
import { lostTokens } from '../../../infra/embedded/clickhouse/token-log/lost-tokens.ts';
import type { TestServer } from './server.ts';

/** A raw table with two rollups behind it, as the pipeline has them; each remembers its tokens. */
export const schema = [
  `CREATE TABLE raw (id UInt64, ts DateTime64(3, 'UTC'), kind LowCardinality(String)) ENGINE = MergeTree
   PARTITION BY toYYYYMM(ts) ORDER BY id SETTINGS non_replicated_deduplication_window = 10000`,
  `CREATE TABLE minutes (minute DateTime, kind LowCardinality(String), events UInt64) ENGINE = SummingMergeTree
   ORDER BY (kind, minute) SETTINGS non_replicated_deduplication_window = 10000`,
  `CREATE MATERIALIZED VIEW minutes_mv TO minutes AS
   SELECT toStartOfMinute(ts) AS minute, kind, count() AS events FROM raw GROUP BY minute, kind`,
  `CREATE TABLE days (day Date, ids AggregateFunction(groupBitmap, UInt64)) ENGINE = AggregatingMergeTree
   ORDER BY day SETTINGS non_replicated_deduplication_window = 10000`,
  `CREATE MATERIALIZED VIEW days_mv TO days AS
   SELECT toDate(ts) AS day, groupBitmapState(id) AS ids FROM raw GROUP BY day`,
];

export const rowsPerInsert = 200;

/** Rows `n`·200 and on; half of them a month earlier, so that an insert makes two parts with a token each. */
export function rowsOf(insert: number): Buffer {
  const rows = Array.from({ length: rowsPerInsert }, (_, i) => {
    const month = i % 2 === 0 ? '11' : '10';
    const second = String(i % 60).padStart(2, '0');
    return JSON.stringify({
      id: insert * rowsPerInsert + i,
      ts: `2026-${month}-22 10:${String(insert % 60).padStart(2, '0')}:${second}.123`,
      kind: `k${i % 3}`,
    });
  });
  return Buffer.from(rows.join('\n'));
}

/** One insert as the pipeline sends it. @throws when it was not acknowledged. */
export function insert(server: TestServer, number: number): Promise<string> {
  return server.sql(rowsOf(number), {
    query: 'INSERT INTO raw FORMAT JSONEachRow',
    insert_deduplication_token: `cluster:topic:0:${number}`,
    insert_deduplicate: '1',
    deduplicate_blocks_in_dependent_materialized_views: '1',
    async_insert: '0',
  });
}

/** Rows of the raw table and of both rollups: of all, and how many different ones. */
export async function counts(server: TestServer): Promise<Record<string, number>> {
  const answer = await server.sql(
    `SELECT (SELECT count() FROM raw) AS raw, (SELECT uniqExact(id) FROM raw) AS different,
            (SELECT sum(events) FROM minutes) AS minutes, (SELECT groupBitmapMerge(ids) FROM days) AS days
     FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
  );
  return JSON.parse(answer);
}

export function expectedCounts(inserts: number): Record<string, number> {
  const rows = inserts * rowsPerInsert;
  return { raw: rows, different: rows, minutes: rows, days: rows };
}

/** Folders of the tables whose tokens are remembered. */
export async function tableFolders(server: TestServer): Promise<string[]> {
  const answer = await server.sql(
    "SELECT data_paths[1] FROM system.tables WHERE database = currentDatabase() AND name IN ('raw', 'minutes', 'days')",
  );
  return answer.trim().split('\n');
}

/** Starts a process that kills the server once `folder`'s log grows; resolves when it watches. */
export async function killAtToken(
  server: TestServer,
  { folder, delayMicros }: { folder: string; delayMicros: number },
): Promise<void> {
  const logs = join(folder, 'deduplication_logs');
  const last = inOrder(readdirSync(logs)).at(-1) as string;
  const killer = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'kill-at-token.js'),
      String(server.pid),
      join(logs, last),
      String(delayMicros),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(killer.stdout, 'data');
}

/** Tokens of a stopped server whose rows are missing. */
export function lostOf(folder: string): number {
  const logs = join(folder, 'deduplication_logs');
  const records = inOrder(readdirSync(logs)).flatMap(
    (name) => parseLog(readFileSync(join(logs, name))).records,
  );
  return lostTokens(records, readdirSync(folder)).length;
}

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
