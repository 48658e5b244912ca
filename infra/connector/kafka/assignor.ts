/** A partition by topic name and number. */
export interface Slot {
  topic: string;
  partition: number;
}

export interface Candidate {
  memberId: string;
  topics: readonly string[];
  /** What it held in the generation below; a claim of an older generation than another's does not count. */
  owned: readonly Slot[];
  generation: number;
}

const keyOf = (slot: Slot): string => `${slot.topic}/${slot.partition}`;

/**
 * Spreads partitions evenly over members and leaves as many as possible where they were. The same input gives
 * the same answer.
 */
export function assignPartitions(
  members: readonly Candidate[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, Slot[]> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assigned = new Map<string, Slot[]>(sorted.map(({ memberId }) => [memberId, []]));
  const open = new Map<string, Slot>();
  for (const topic of [...new Set(sorted.flatMap((m) => m.topics))].sort()) {
    for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++) {
      open.set(keyOf({ topic, partition }), { topic, partition });
    }
  }
  const total = open.size;
  const floor = Math.floor(total / sorted.length);
  let roomy = total % sorted.length;

  const byGeneration = [...sorted].sort((a, b) => b.generation - a.generation);
  for (const member of byGeneration) {
    const slots = assigned.get(member.memberId) as Slot[];
    for (const slot of member.owned) {
      const quota = floor + (roomy > 0 ? 1 : 0);
      if (slots.length >= quota || !open.has(keyOf(slot)) || !member.topics.includes(slot.topic)) continue;
      open.delete(keyOf(slot));
      slots.push({ topic: slot.topic, partition: slot.partition });
      if (slots.length === floor + 1) roomy--;
    }
  }
  for (const slot of open.values()) {
    const [least] = sorted
      .filter((m) => m.topics.includes(slot.topic))
      .sort((a, b) => sizeOf(assigned, a) - sizeOf(assigned, b));
    if (least) assigned.get(least.memberId)?.push(slot);
  }
  return assigned;
}

function sizeOf(assigned: ReadonlyMap<string, readonly Slot[]>, member: Candidate): number {
  return assigned.get(member.memberId)?.length ?? 0;
}
