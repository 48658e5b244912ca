import type { Position } from './offsets.ts';
import { type FetchedRecord, recordKey, recordValue } from './records.ts';
import { readUnsignedVarint } from './varint.ts';

export interface PositionRecord {
  groupId: string;
  topic: string;
  partition: number;
  /** Undefined: the position was deleted. */
  position: Position | undefined;
}

/** Keys of Kafka's topic of positions that are of positions, by their version; others are of groups and members. */
const POSITION_KEYS = 1;
/** The last version of a value that is known here, and the first in the compact encoding. */
const LAST_VALUE = 4;
const COMPACT = 4;

/**
 * What a record of `__consumer_offsets` says of a position: undefined when it speaks of something else, `unknown` when its
 * form is newer than this code. Forms: OffsetCommitKey.json and OffsetCommitValue.json of Kafka's group coordinator.
 */
export function decodePosition(record: FetchedRecord): PositionRecord | 'unknown' | undefined {
  const key = recordKey(record);
  if (key === null || key.readInt16BE(0) > POSITION_KEYS) return undefined;
  const group = readString(key, 2);
  const topic = readString(key, group.end);
  const partition = key.readInt32BE(topic.end);
  const value = recordValue(record);
  const position = value === null ? undefined : decodeValue(value);
  if (position === 'unknown') return position;
  return { groupId: group.text, topic: topic.text, partition, position };
}

function decodeValue(value: Buffer): Position | 'unknown' {
  const version = value.readInt16BE(0);
  if (version > LAST_VALUE) return 'unknown';
  const offset = Number(value.readBigInt64BE(2));
  // From version 3 on, the leader's epoch comes between.
  const at = version >= 3 ? 14 : 10;
  if (version < COMPACT) return { offset, metadata: readString(value, at).text };
  const cursor = { bytes: value, at };
  const length = readUnsignedVarint(cursor) - 1;
  return { offset, metadata: value.toString('utf8', cursor.at, cursor.at + length) };
}

function readString(bytes: Buffer, at: number): { text: string; end: number } {
  const end = at + 2 + bytes.readInt16BE(at);
  return { text: bytes.toString('utf8', at + 2, end), end };
}

/** The partition of the topic of positions that a group's are in: `Utils.abs(groupId.hashCode()) % partitions`. */
export function partitionOfGroup(groupId: string, partitions: number): number {
  let hash = 0;
  for (let i = 0; i < groupId.length; i++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(i)) | 0;
  // The one hash without a positive counterpart is taken for 0.
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitions;
}
