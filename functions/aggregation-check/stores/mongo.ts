import type { Collection, Document } from 'mongodb';
import { type Bucket, Counts } from '../counts.ts';
import { minuteMs } from '../event-minute.ts';

/** Offsets of one partition, from `from` on and below `to`. */
export interface OffsetRange {
  partition: number;
  from: number;
  to: number;
}

/** Counts documents by the minute of their time, read from an index over their places in Kafka. */
export async function countMongo(
  events: Collection<Document>,
  ranges: readonly OffsetRange[],
): Promise<Counts> {
  const counts = new Map<string, Bucket & { events: number; offsetSum: bigint }>();
  for (const { partition, from, to } of ranges) {
    const found = events.aggregate<{ _id: unknown; events: unknown; offsets: unknown }>([
      {
        $match: { 'source.clean.partition': partition, 'source.clean.offset': { $gte: from, $lt: to } },
      },
      {
        $group: {
          _id: {
            $subtract: [{ $toLong: '$timestamp' }, { $mod: [{ $toLong: '$timestamp' }, minuteMs] }],
          },
          events: { $sum: 1 },
          // Relative to the range: so large a sum stays exact as a number.
          offsets: { $sum: { $subtract: ['$source.clean.offset', from] } },
        },
      },
    ]);
    for await (const group of found) {
      const minute = Number(group._id);
      const events = Number(group.events);
      const offsetSum = BigInt(Number(group.offsets)) + BigInt(from) * BigInt(events);
      const key = `${partition}/${minute}`;
      const before = counts.get(key);
      counts.set(key, {
        partition,
        minute,
        events: (before?.events ?? 0) + events,
        offsetSum: (before?.offsetSum ?? 0n) + offsetSum,
      });
    }
  }
  const result = new Counts();
  for (const { events, offsetSum, ...bucket } of counts.values()) {
    result.set(bucket, { events, offsetSum: String(offsetSum) });
  }
  return result;
}

/** The event ids at each offset of a bucket, among the offsets of a range. */
export async function mongoPlaces(
  events: Collection<Document>,
  { partition, minute }: Bucket,
  { from, to }: { from: number; to: number },
): Promise<Map<number, string[]>> {
  const places = new Map<number, string[]>();
  const found = events.find(
    {
      'source.clean.partition': partition,
      'source.clean.offset': { $gte: from, $lt: to },
      timestamp: { $gte: new Date(minute), $lt: new Date(minute + minuteMs) },
    },
    { projection: { 'source.clean.offset': 1 } },
  );
  for await (const document of found) {
    const offset = Number(document.source.clean.offset);
    places.set(offset, [...(places.get(offset) ?? []), String(document._id)]);
  }
  return places;
}

/** Which of these events are in the store, wherever they came from. */
export async function storedIds(events: Collection<Document>, ids: readonly string[]): Promise<Set<string>> {
  const stored = new Set<string>();
  for (let i = 0; i < ids.length; i += 1000) {
    const found = events.find({ _id: { $in: ids.slice(i, i + 1000) } } as Document, {
      projection: { _id: 1 },
    });
    for await (const { _id } of found) stored.add(String(_id));
  }
  return stored;
}
