import { hash } from 'node:crypto';
import { v7 } from 'uuid';

/** Names of derived ids live in a namespace of their own (RFC 9562, version 5). */
const namespace = Buffer.from('6f1d3f0e5b7c4a529c1e8d2a4b6c7f90', 'hex');

/**
 * The id of an event that was written into Kafka without one: version 5 of `<topic id>/<partition>/<offset>`,
 * so every attempt, and whoever else knows the position, derives the same.
 */
export function derivedEventId(topicId: string, partition: number, offset: number): string {
  const digest = hash(
    'sha1',
    Buffer.concat([namespace, Buffer.from(`${topicId}/${partition}/${offset}`)]),
    'buffer',
  );
  digest[6] = ((digest[6] as number) & 0x0f) | 0x50;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** A new id, ordered by time (version 7). */
export function newEventId(): string {
  return v7();
}
