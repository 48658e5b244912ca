import type { Received, Reply } from './fake-gateway.ts';

/**
 * Stands for a store that knows the names of ranges, as ClickHouse knows tokens: a name that was used drops
 * whatever comes with it. So a name that ever stands for two contents loses records, and shows here.
 */
export interface Ledger {
  apply(batch: Received): void;
  /** How often each record was stored, by partition and offset. */
  stored(): Map<string, number>;
  /** Names that came with different content. */
  contradictions: string[];
}

export function createLedger(): Ledger {
  const contents = new Map<string, string>();
  const stored = new Map<string, number>();
  const contradictions: string[] = [];
  return {
    contradictions,
    stored: () => stored,
    apply(batch) {
      const content = `${batch.route}|${batch.records.map(({ offset }) => offset).join(',')}`;
      const known = contents.get(batch.batchId);
      if (known !== undefined) {
        if (known !== content) contradictions.push(`${batch.batchId}: ${known} and then ${content}`);
        return;
      }
      contents.set(batch.batchId, content);
      for (const { offset } of batch.records) {
        const key = `${batch.topic}/${batch.partition}/${offset}`;
        stored.set(key, (stored.get(key) ?? 0) + 1);
      }
    },
  };
}

/** Random numbers that repeat for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Works, but sometimes drops the answer, lies after the work, is slow, or refuses before the work. */
export function unreliable(ledger: Ledger, random: () => number): (batch: Received) => Promise<Reply> {
  return async (batch) => {
    const chance = random();
    if (chance < 0.04) return { status: 503, headers: { 'retry-after': '0.05' } };
    if (chance < 0.08) return { status: 500 };
    ledger.apply(batch);
    await new Promise((resolve) => setTimeout(resolve, random() * 30));
    if (chance < 0.14) return { drop: true };
    if (chance < 0.18) return { status: 500 };
    if (chance < 0.2) return { status: 504, noEcho: true };
    return {};
  };
}
