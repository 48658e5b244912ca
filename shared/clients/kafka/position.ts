import type { Admin } from 'kafkajs';

/** Reads one committed position with its metadata; undefined when the group has none there. */
export async function readPosition(
  admin: Admin,
  { groupId, topic, partition }: { groupId: string; topic: string; partition: number },
): Promise<{ offset: number; metadata: string } | undefined> {
  const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const found = answer?.partitions.find((position) => position.partition === partition);
  if (found === undefined || Number(found.offset) < 0) return undefined;
  return { offset: Number(found.offset), metadata: found.metadata ?? '' };
}
