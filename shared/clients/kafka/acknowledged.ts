import type { RecordMetadata } from 'kafkajs';

/** What an answer says of the partitions that a send was for. */
export type Acknowledgement = { missing: number[]; twice: number[] };

/**
 * Compares what was sent with what was acknowledged. When a leader moves between two tries of one send, kafkajs asks
 * only the brokers that have not answered yet: a partition that has moved to one that has is left out without an
 * error, and one that has moved the other way is written a second time.
 */
export function compareAcknowledged(
  sent: Iterable<number>,
  answers: readonly RecordMetadata[],
): Acknowledgement {
  const counts = new Map<number, number>();
  for (const { partition, errorCode } of answers) {
    if (errorCode === 0) counts.set(partition, (counts.get(partition) ?? 0) + 1);
  }
  const partitions = [...new Set(sent)];
  return {
    missing: partitions.filter((partition) => !counts.has(partition)),
    twice: partitions.filter((partition) => (counts.get(partition) ?? 0) > 1),
  };
}
