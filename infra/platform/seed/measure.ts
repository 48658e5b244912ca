import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import { startQuery } from './query-process.ts';
import { type BenchmarkQuestion, benchmarkQuestions } from './questions.ts';

export interface Measured {
  name: string;
  runs: number;
  /** Milliseconds, by the client. */
  coldMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  rowsRead: number;
  /** Highest of a query's memory, sampled; undefined when it was always too short to be seen. */
  memoryBytes: number | undefined;
  /** In place of figures: it failed. */
  failed?: string;
}

interface Run {
  ms: number;
  rowsRead: number;
}

export interface Asker {
  ask(question: BenchmarkQuestion): Promise<Run>;
}

/** Statements go to ClickHouse over HTTP; addresses to the function. */
export function createAsker({
  settings,
  database,
  answer,
}: {
  settings: Settings;
  database: string;
  answer: (path: string) => Promise<number>;
}): Asker {
  const url = new URL(settings.clickhouseUrl.split(/[,|]/)[0] ?? '');
  url.searchParams.set('database', database);
  url.searchParams.set('default_format', 'JSON');
  url.searchParams.set('use_query_cache', '0');
  const headers = {
    'x-clickhouse-user': settings.clickhouseUser,
    ...(settings.clickhousePassword ? { 'x-clickhouse-key': settings.clickhousePassword } : {}),
  };
  return {
    async ask({ sql, path }) {
      const startedAt = performance.now();
      if (path !== undefined) {
        const rowsRead = await answer(path);
        return { ms: performance.now() - startedAt, rowsRead };
      }
      const response = await fetch(url, { method: 'POST', body: sql ?? '', headers });
      const text = await response.text();
      const ms = performance.now() - startedAt;
      if (!response.ok) throw new Error(text.slice(0, 300));
      const { statistics } = JSON.parse(text) as { statistics: { rows_read: number } };
      return { ms, rowsRead: statistics.rows_read };
    },
  };
}

/** Every question over one database, one after the other; those that read much are asked ten times at most. */
export async function measureQuestions(
  client: ClickHouseClient,
  {
    settings,
    database,
    from,
    runs,
    onMeasured,
  }: {
    settings: Settings;
    database: string;
    /** First day of the rows that are there. */
    from: string;
    runs: number;
    onMeasured: (measured: Measured) => void;
  },
): Promise<Measured[]> {
  const query = await startQuery(settings, database);
  try {
    const asker = createAsker({ settings, database, answer: query.ask });
    const results: Measured[] = [];
    for (const question of benchmarkQuestions({ from })) {
      const measured = await measure(client, asker, question, {
        runs: question.heavy ? Math.min(runs, 10) : runs,
      });
      results.push(measured);
      onMeasured(measured);
    }
    return results;
  } finally {
    await query.close();
  }
}

/** One cold run, `runs` warm ones, and a few under a watch for memory. */
export async function measure(
  client: ClickHouseClient,
  asker: Asker,
  question: BenchmarkQuestion,
  { runs }: { runs: number },
): Promise<Measured> {
  const nothing = { runs: 0, coldMs: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, rowsRead: 0, memoryBytes: undefined };
  try {
    await dropCaches(client);
    const cold = await asker.ask(question);
    const times: number[] = [];
    let rowsRead = 0;
    for (let i = 0; i < runs; i++) {
      const run = await asker.ask(question);
      times.push(run.ms);
      rowsRead = Math.max(rowsRead, run.rowsRead);
    }
    const memoryBytes = await watchMemory(client, () => asker.ask(question));
    times.sort((a, b) => a - b);
    return {
      name: question.name,
      runs,
      coldMs: cold.ms,
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
      p99Ms: percentile(times, 0.99),
      rowsRead,
      memoryBytes,
    };
  } catch (error) {
    return { name: question.name, ...nothing, failed: messageOf(error) };
  }
}

/** The least value that so large a share of all does not exceed. `sorted` holds at least one. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** ClickHouse's own caches; the system's page cache is not ours to drop. */
async function dropCaches(client: ClickHouseClient): Promise<void> {
  for (const cache of ['MARK CACHE', 'UNCOMPRESSED CACHE']) {
    await client.command({ query: `SYSTEM DROP ${cache}` });
  }
}

async function watchMemory(
  client: ClickHouseClient,
  ask: () => Promise<unknown>,
): Promise<number | undefined> {
  let highest = 0;
  const mark = randomUUID();
  for (let i = 0; i < 5; i++) {
    let done = false;
    const asked = ask().finally(() => {
      done = true;
    });
    while (!done) {
      const [found] = await rows<{ bytes: string }>(
        client,
        `SELECT toString(max(peak_memory_usage)) AS bytes FROM system.processes
WHERE query_kind = 'Select' AND query NOT LIKE '%${mark}%'`,
      );
      highest = Math.max(highest, Number(found?.bytes ?? 0));
    }
    await asked;
  }
  return highest > 0 ? highest : undefined;
}
