import { Reader, Writer } from '@platformatic/kafka';
import type { Slot } from './assignor.ts';

/** What a member tells the leader of its group, in the bytes of Kafka's consumer protocol (version 3). */
export interface Subscription {
  topics: string[];
  owned: Slot[];
  generation: number;
  /** Changes when the member wants a new generation, which it gets only if its metadata differ. */
  nonce: number;
}

const VERSION = 3;

function groupByTopic(slots: readonly Slot[]): [string, number[]][] {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of slots) {
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition]);
  }
  return [...byTopic].sort(([a], [b]) => (a < b ? -1 : 1));
}

function appendSlots(writer: Writer, slots: readonly Slot[]): Writer {
  return writer.appendArray(
    groupByTopic(slots),
    (w, [topic, partitions]) => {
      w.appendString(topic, false).appendArray(partitions, (x, p) => x.appendInt32(p), false, false);
    },
    false,
    false,
  );
}

function readSlots(reader: Reader): Slot[] {
  return reader
    .readArray(
      (r) => {
        const topic = r.readString(false);
        return r.readArray((x) => ({ topic, partition: x.readInt32() }), false, false);
      },
      false,
      false,
    )
    .flat();
}

export function encodeSubscription({ topics, owned, generation, nonce }: Subscription): Buffer {
  const userData = Buffer.alloc(4);
  userData.writeInt32BE(nonce);
  const writer = Writer.create()
    .appendInt16(VERSION)
    .appendArray([...topics].sort(), (w, topic) => w.appendString(topic, false), false, false)
    .appendBytes(userData, false);
  return appendSlots(writer, owned).appendInt32(generation).appendString(null, false).buffer;
}

export function decodeSubscription(bytes: Buffer): Omit<Subscription, 'nonce'> {
  const reader = Reader.from(bytes);
  const version = reader.readInt16();
  const topics = reader.readArray((r) => r.readString(false), false, false);
  reader.readNullableBytes(false);
  const owned = version >= 1 && reader.remaining > 0 ? readSlots(reader) : [];
  const generation = version >= 2 && reader.remaining > 0 ? reader.readInt32() : -1;
  return { topics, owned, generation };
}

export function encodeAssignment(slots: readonly Slot[]): Buffer {
  return appendSlots(Writer.create().appendInt16(0), slots).appendBytes(null, false).buffer;
}

export function decodeAssignment(bytes: Buffer): Slot[] {
  if (bytes.length < 6) return [];
  const reader = Reader.from(bytes);
  reader.readInt16();
  return readSlots(reader);
}
