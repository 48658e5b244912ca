import type { ClickHouseClient } from '@clickhouse/client';
import type { Collection, Document } from 'mongodb';
import { rows } from '../../shared/clients/clickhouse/index.ts';
import type { Scope } from './scope.ts';
import type { Sink } from './sinks.ts';
import { homeOf, scopeParams } from './stores/clickhouse.ts';
import type { Verdict } from './verdict.ts';

/** What each holds at this moment, events on their way included: for people to look at, not to be compared. */
export async function readTotals(
  servers: readonly ClickHouseClient[],
  events: Collection<Document>,
  scope: Scope,
) {
  const [ledger] = await rows<{ kafka: string; minutes: string }>(
    homeOf(servers),
    `SELECT
  (SELECT sum(arraySum(counts)) FROM check_ledger FINAL WHERE ${inScope}) AS kafka,
  (SELECT uniqExact(minute) FROM check_ledger FINAL ARRAY JOIN minutes AS minute WHERE ${inScope}) AS minutes`,
    { params: scopeParams(scope) },
  );
  const held = await Promise.all(
    servers.map((server) =>
      rows<{ clickhouse: string; per_minute: string }>(
        server,
        `SELECT (SELECT count() FROM events_local) AS clickhouse,
  (SELECT sum(events) FROM events_per_minute_local) AS per_minute`,
      ),
    ),
  );
  const sum = (column: 'clickhouse' | 'per_minute') =>
    held.reduce((total, [shard]) => total + Number(shard?.[column] ?? 0), 0);
  return {
    kafka: Number(ledger?.kafka ?? 0),
    minutes: Number(ledger?.minutes ?? 0),
    clickhouse: sum('clickhouse'),
    eventsPerMinute: sum('per_minute'),
    mongodb: await events.estimatedDocumentCount(),
  };
}

const inScope = 'topic_id = {topic:String} AND first_offset >= {bases:Array(UInt64)}[source_partition + 1]';

/** Records that a sink need not have, by state. */
export async function readExcused(client: ClickHouseClient, scope: Scope): Promise<Verdict['excused']> {
  const none = () => ({ open: 0, purged: 0, redriven: 0, repeat: 0, deleted: 0 });
  const excused: Verdict['excused'] = { 'mongo-write': none(), 'clickhouse-write': none() };
  const found = await rows<{ sink: Sink; state: keyof ReturnType<typeof none>; events: string }>(
    client,
    `SELECT sink, state, count() AS events FROM check_exceptions FINAL
WHERE topic_id = {topic:String} GROUP BY sink, state`,
    { params: scopeParams(scope) },
  );
  for (const { sink, state, events } of found) if (sink in excused) excused[sink][state] = Number(events);
  return excused;
}
