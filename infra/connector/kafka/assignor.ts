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

/**
 * Spreads the partitions of each topic evenly over the members that read it, so that a busy topic is shared and
 * not only counted together with an idle one, and leaves as many partitions as possible where they were.
 * The same input gives the same answer.
 */
export function assignPartitions(
  members: readonly Candidate[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, Slot[]> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assigned = new Map<string, Slot[]>(sorted.map(({ memberId }) => [memberId, []]));
  for (const topic of [...new Set(sorted.flatMap((member) => member.topics))].sort()) {
    const readers = sorted.filter((member) => member.topics.includes(topic));
    assignTopic(topic, partitionCounts.get(topic) ?? 0, readers, assigned);
  }
  return assigned;
}

function assignTopic(
  topic: string,
  count: number,
  readers: readonly Candidate[],
  assigned: ReadonlyMap<string, Slot[]>,
): void {
  const owners = newestOwners(topic, readers);
  const held = new Map<string, number[]>(readers.map(({ memberId }) => [memberId, []]));
  for (let partition = 0; partition < count; partition++) {
    const owner = owners.get(partition);
    if (owner !== undefined) held.get(owner)?.push(partition);
  }
  const total = (id: string) => assigned.get(id)?.length ?? 0;
  const floor = Math.floor(count / readers.length);
  // One more for some: those who hold more already, then those who have least of other topics.
  const byClaim = [...readers].sort(
    (a, b) =>
      (held.get(b.memberId)?.length ?? 0) - (held.get(a.memberId)?.length ?? 0) ||
      total(a.memberId) - total(b.memberId),
  );
  const open = new Set(Array.from({ length: count }, (_, partition) => partition));
  const quotas = byClaim.map(({ memberId }, i) => ({
    memberId,
    quota: floor + (i < count % readers.length ? 1 : 0),
  }));
  for (const { memberId, quota } of quotas) {
    for (const partition of held.get(memberId)?.slice(0, quota) ?? []) {
      open.delete(partition);
      assigned.get(memberId)?.push({ topic, partition });
    }
  }
  for (const { memberId, quota } of quotas) {
    const kept = Math.min(held.get(memberId)?.length ?? 0, quota);
    for (const partition of [...open].slice(0, quota - kept)) {
      open.delete(partition);
      assigned.get(memberId)?.push({ topic, partition });
    }
  }
}

/** Who held a partition last; of two that claim it, the one of the later generation. */
function newestOwners(topic: string, readers: readonly Candidate[]): Map<number, string> {
  const owners = new Map<number, string>();
  for (const { memberId, owned } of [...readers].sort((a, b) => a.generation - b.generation)) {
    for (const slot of owned) if (slot.topic === topic) owners.set(slot.partition, memberId);
  }
  return owners;
}
