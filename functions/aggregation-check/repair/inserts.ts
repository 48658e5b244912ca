import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { exactlyOnce, insertRows, rows, type Shard } from '../../../shared/clients/clickhouse/index.ts';
import { withSource } from '../../../shared/events/clean-record.ts';
import type { SinkRecord } from '../../../shared/sink/read-range.ts';
import type { Scope } from '../scope.ts';
import { homeOf } from '../stores/clickhouse.ts';
import { type Declared, type Lease, type MinuteSummand, type Place, statementMs } from './lease.ts';

/**
 * The inserts of a repair into ClickHouse. Each has a token of its own: the token that brought a row the first time
 * is still known after the row is gone, and would drop it.
 *
 * A token alone does not save a repair that is killed: its insert may take effect later still, after the next repair
 * has found the rows missing and inserted them. So an insert is declared before it is sent, and what was declared
 * and left behind is settled under its own token before the next repair looks for anything:
 *
 * | Killed | Settled by the next repair |
 * |---|---|
 * | before it was declared | nothing was sent |
 * | declared, not sent | sent, under the declared token |
 * | sent, took effect | rows that are there are not sent; a summand is, and its token drops it |
 * | sent, takes effect after that | the token is known by then and drops it |
 */
export interface Inserts {
  /** Into the shards that the events' partitions belong to. */
  rows(records: readonly SinkRecord[]): Promise<void>;
  /** Into the events_per_minute of one shard. */
  minutes(shard: number, summands: readonly MinuteSummand[]): Promise<void>;
  /** What the repair before has left. */
  settle(left: Declared, found: { servers: readonly ClickHouseClient[]; scope: Scope }): Promise<void>;
}

const mostRows = 10_000;
const newLine = Buffer.from('\n');

export function createInserts({
  shards,
  lease,
  topicId,
  recover,
  insertQuorum,
}: {
  shards: readonly Shard[];
  lease: Pick<Lease, 'declare' | 'done'>;
  topicId: string;
  /** The events that stand at these places, as far as anybody still has them. */
  recover: (places: readonly Place[]) => Promise<SinkRecord[]>;
  insertQuorum: string;
}): Inserts {
  const settingsOf = (token: string) => ({
    ...exactlyOnce(token, { insertQuorum }),
    max_execution_time: statementMs / 1000,
  });

  async function sendRows({ token, shard }: Declared, records: readonly SinkRecord[]): Promise<void> {
    const bytes = Buffer.concat(records.flatMap(({ value, source }) => [withSource(value, source), newLine]));
    await (shards[shard] as Shard).run((client) =>
      insertRows(client, 'events_local', { format: 'JSONEachRow', bytes }, { settings: settingsOf(token) }),
    );
    await lease.done();
  }

  async function sendMinutes({ token, shard }: Declared, summands: readonly MinuteSummand[]): Promise<void> {
    await (shards[shard] as Shard).run((client) =>
      client.insert({
        table: 'events_per_minute_local',
        format: 'JSONEachRow',
        values: [...summands],
        clickhouse_settings: settingsOf(token),
      }),
    );
    await lease.done();
  }

  return {
    async rows(records) {
      const byShard = Map.groupBy(records, ({ source }) => source.partition % shards.length);
      for (const [shard, all] of byShard) {
        for (let i = 0; i < all.length; i += mostRows) {
          const some = all.slice(i, i + mostRows);
          const declared = {
            token: `repair:${randomUUID()}`,
            shard,
            topicId,
            places: some.map(({ source: { partition, offset } }) => ({ partition, offset })),
          };
          await lease.declare(declared);
          await sendRows(declared, some);
        }
      }
    },

    async minutes(shard, summands) {
      const declared = { token: `repair:${randomUUID()}`, shard, minutes: [...summands] };
      await lease.declare(declared);
      await sendMinutes(declared, summands);
    },

    async settle(left, { servers, scope }) {
      if (shards[left.shard] === undefined) return;
      await lease.declare(left);
      if ('minutes' in left) return sendMinutes(left, left.minutes);
      // A topic that was made anew repeats its offsets.
      const open = left.topicId === scope.topicId ? await stillMissing(servers, left) : [];
      const records = open.length === 0 ? [] : await recover(open);
      return records.length === 0 ? lease.done() : sendRows(left, records);
    },
  };
}

/** Without what is there by now, and without what was deleted with its user since. */
async function stillMissing(
  servers: readonly ClickHouseClient[],
  { topicId, places }: { topicId: string; places: readonly Place[] },
): Promise<Place[]> {
  const settled = new Set<string>();
  for (const [partition, all] of Map.groupBy(places, (place) => place.partition)) {
    const params = { topicId, partition, offsets: all.map(({ offset }) => offset) };
    const at = 'source_partition = {partition:UInt16} AND source_offset IN {offsets:Array(UInt64)}';
    const found = await Promise.all([
      ...servers.map((server) => offsetsOf(server, `events_local WHERE ${at}`, params)),
      offsetsOf(
        homeOf(servers),
        `check_exceptions FINAL
WHERE topic_id = {topicId:String} AND sink = 'clickhouse-write' AND state = 'deleted' AND ${at}`,
        params,
      ),
    ]);
    for (const offset of found.flat()) settled.add(`${partition}/${offset}`);
  }
  return places.filter(({ partition, offset }) => !settled.has(`${partition}/${offset}`));
}

async function offsetsOf(
  server: ClickHouseClient,
  from: string,
  params: Record<string, unknown>,
): Promise<string[]> {
  const found = await rows<{ place: string }>(
    server,
    `SELECT DISTINCT toString(source_offset) AS place FROM ${from}`,
    { params },
  );
  return found.map(({ place }) => place);
}
