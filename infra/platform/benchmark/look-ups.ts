import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { askClickhouse } from '../ask-clickhouse.ts';
import { percentile } from '../seed/measure.ts';

/** One kind of look-up in MongoDB, through `query` and the gateway; milliseconds, by the client. */
export interface LookUp {
  name: string;
  runs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Most events in an answer. */
  events: number;
}

/** The first 100 events of `runs` users and of `runs` types and hours, all different and picked at random from what is stored. */
export async function measureLookUps(settings: Settings, runs: number): Promise<LookUp[]> {
  const picked = (column: string) =>
    askClickhouse(
      settings,
      `SELECT ${column} AS picked FROM events_distributed GROUP BY picked ORDER BY cityHash64(picked) LIMIT ${runs}`,
      { format: 'TabSeparated' },
    ).then((text) => text.split('\n').filter(Boolean));
  const users = await picked('user_id');
  const hours = await picked("concat(event_type, '&from=', formatDateTime(timestamp, '%FT%H:00:00Z'))");
  return [
    await measure(settings, {
      name: 'events of a user, newest first',
      paths: users.map((id) => `/users/${id}/events`),
    }),
    await measure(settings, {
      name: 'events of a type from an hour on',
      paths: hours.map((each) => `/events?type=${each}`),
    }),
  ];
}

async function measure(
  { gatewayUrl }: Settings,
  { name, paths }: { name: string; paths: readonly string[] },
): Promise<LookUp> {
  const times: number[] = [];
  let events = 0;
  for (const path of paths) {
    const startedAt = performance.now();
    const response = await fetch(`${gatewayUrl}/function/query${path}`);
    const text = await response.text();
    times.push(performance.now() - startedAt);
    if (!response.ok)
      throw new PipelineError('QUERY', `query answers ${response.status} to ${path}: ${text.slice(0, 300)}`);
    events = Math.max(events, JSON.parse(text).rows.length);
  }
  times.sort((a, b) => a - b);
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => percentile(times, share)) as [
    number,
    number,
    number,
  ];
  return { name, runs: times.length, p50Ms, p95Ms, p99Ms, events };
}
