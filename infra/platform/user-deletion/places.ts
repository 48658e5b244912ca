import type { ClickHouseClient } from '@clickhouse/client';
import type { Collection, Document } from 'mongodb';
import { rows, type Shard } from '../../../shared/clients/clickhouse/index.ts';
import type { Offsets } from '../../../shared/clients/kafka-protocol/read-log.ts';
import { dateTimeText } from '../../../shared/events/time.ts';

/** Which of a user's events: those below these ends of events_clean. */
export interface Meant {
  userId: number;
  ends: Offsets;
}

/** Where an event stands in events_clean, and its minute, `YYYY-MM-DD hh:mm:ss`. */
interface Place {
  partition: number;
  offset: number;
  minute: string;
}

/** Conditions on ClickHouse's rows; parameters by `paramsOf`. */
export const isMeant =
  'user_id = {user:UInt64} AND (source_partition >= length({ends:Array(UInt64)}) OR source_offset < {ends:Array(UInt64)}[source_partition + 1])';

export function paramsOf({ userId, ends }: Meant): Record<string, unknown> {
  const size = Math.max(0, ...[...ends.keys()].map((each) => each + 1));
  return { user: userId, ends: Array.from({ length: size }, (_, each) => ends.get(each) ?? 0) };
}

/** The same on MongoDB's documents. */
export function filterOf({ userId, ends }: Meant): Document {
  const size = Math.max(0, ...[...ends.keys()].map((each) => each + 1));
  return {
    user_id: userId,
    $or: [
      { 'source.clean.partition': { $gte: size } },
      ...[...ends].map(([partition, end]) => ({
        'source.clean.partition': partition,
        'source.clean.offset': { $lt: end },
      })),
    ],
  };
}

/**
 * Tells aggregation-check that these events are deleted, at all places that either store knows.
 *
 * @returns how many events.
 */
export async function excuseEvents(
  client: ClickHouseClient,
  { shards, events, topicId }: { shards: readonly Shard[]; events: Collection<Document>; topicId: string },
  meant: Meant,
): Promise<number> {
  const places = new Map<string, Place>();
  const add = (place: Place) => places.set(`${place.partition}/${place.offset}`, place);
  for (const { run } of shards) {
    const found = await run((shard) =>
      rows<{ partition: number; offset: string; minute: string }>(
        shard,
        `SELECT source_partition AS partition, toString(source_offset) AS offset,
  toString(toStartOfMinute(timestamp)) AS minute FROM events_local WHERE ${isMeant}`,
        { params: paramsOf(meant) },
      ),
    );
    for (const { partition, offset, minute } of found) add({ partition, offset: Number(offset), minute });
  }
  const documents = events.find(
    { user_id: meant.userId },
    { projection: { timestamp: 1, 'source.clean': 1 } },
  );
  for await (const { timestamp, source } of documents) {
    const [partition, offset] = [Number(source.clean.partition), Number(source.clean.offset)];
    if (offset >= (meant.ends.get(partition) ?? Number.POSITIVE_INFINITY)) continue;
    const ms = timestamp.getTime();
    add({ partition, offset, minute: dateTimeText(ms - (ms % 60_000)).slice(0, 19) });
  }
  const values = [...places.values()].flatMap(({ partition, offset, minute }) =>
    ['mongo-write', 'clickhouse-write'].map((sink) => ({
      sink,
      topic_id: topicId,
      source_partition: partition,
      source_offset: offset,
      minute,
      state: 'deleted',
      // Above any offset of a dead letter: no later word of one undoes it.
      version: '9223372036854775807',
    })),
  );
  for (let i = 0; i < values.length; i += 20_000) {
    await client.insert({
      table: 'check_exceptions',
      format: 'JSONEachRow',
      values: values.slice(i, i + 20_000),
    });
  }
  return places.size;
}
