/** Where one function stands on one partition, as the connector reports it. */
export interface PartitionReading {
  topic: string;
  partition: number;
  /** Next offset to deliver: everything below is acknowledged. */
  position: number;
  lagRecords: number;
  /** Age in seconds of the record at the position; zero when there is none. */
  lagSeconds: number;
}

/** What a function's partitions did between two readings. Rates are records per second. */
export interface Measurement {
  arrivalRate: number;
  deliveredRate: number;
  /** Records waiting on partitions that move. */
  backlogRecords: number;
  /** Lag in seconds of each partition that has something to do and moves; each could use a replica of its own. */
  lagsSeconds: number[];
  /** Those that have records waiting and do not move; more replicas cannot help them. */
  stuckPartitions: string[];
}

/**
 * Keeps the readings of one function and turns them into rates over a sliding window. A partition that waits
 * without moving (a record that always fails, a store's shard that is down) is told apart and left out of the
 * backlog: scaling on it would go to the maximum and stay there. It counts as stuck after two windows while
 * others move, and after `stuckAfterMs` when none does: then calls may just be long.
 */
export function createMeter({ windowMs = 5_000, stuckAfterMs = 30_000 } = {}) {
  const history: { atMs: number; readings: Map<string, PartitionReading> }[] = [];
  const movedAtMs = new Map<string, { position: number; atMs: number }>();

  /** Adds a reading; undefined until two readings are at least half a window apart. */
  return function add(atMs: number, partitions: readonly PartitionReading[]): Measurement | undefined {
    const readings = new Map(partitions.map((p) => [`${p.topic}-${p.partition}`, p]));
    for (const [key, { position, lagRecords }] of readings) {
      const moved = movedAtMs.get(key);
      if (!moved || moved.position !== position || lagRecords === 0) movedAtMs.set(key, { position, atMs });
    }
    history.push({ atMs, readings });
    while (history.length > 2 && (history[1]?.atMs ?? atMs) <= atMs - windowMs) history.shift();
    const first = history[0];
    if (!first || atMs - first.atMs < windowMs / 2) return undefined;

    const seconds = (atMs - first.atMs) / 1000;
    const result: Measurement = {
      arrivalRate: 0,
      deliveredRate: 0,
      backlogRecords: 0,
      lagsSeconds: [],
      stuckPartitions: [],
    };
    const othersMove = [...readings].some(
      ([key, now]) => now.position > (first.readings.get(key)?.position ?? now.position),
    );
    const limitMs = othersMove ? Math.min(2 * windowMs, stuckAfterMs) : stuckAfterMs;
    for (const [key, now] of readings) {
      const before = first.readings.get(key);
      if (atMs - (movedAtMs.get(key)?.atMs ?? atMs) >= limitMs) {
        result.stuckPartitions.push(key);
        continue;
      }
      result.backlogRecords += now.lagRecords;
      // A partition that nothing comes into, such as those of a retry topic, needs no replica.
      const idle = now.lagRecords === 0 && now.position === (before?.position ?? now.position);
      if (!idle) result.lagsSeconds.push(now.lagSeconds);
      // A partition that was assigned within the window has no rate yet; a position that went back (an
      // operator moved it) is no delivery.
      if (!before) continue;
      result.deliveredRate += Math.max(0, now.position - before.position) / seconds;
      result.arrivalRate +=
        Math.max(0, now.position + now.lagRecords - before.position - before.lagRecords) / seconds;
    }
    return result;
  };
}
