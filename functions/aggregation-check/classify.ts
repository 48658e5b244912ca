/** One event, by its place in events_clean. */
export interface EventRef {
  partition: number;
  offset: number;
  /** Absent where Kafka no longer holds the record. */
  event_id?: string | undefined;
}

/** What is wrong in one bucket, event by event. */
export interface Faults {
  /** In Kafka, not in the store, and nothing says that it need not be there. */
  lost: EventRef[];
  /** In the store more than once. */
  doubled: EventRef[];
  /** In the store, but not in Kafka, or deleted. */
  unexpected: EventRef[];
  /** A redriven record that the sink has not acknowledged yet. */
  onItsWay: EventRef[];
}

/** `deleted`: with all that was kept of its user. */
export type ExceptionState = 'open' | 'purged' | 'redriven' | 'repeat' | 'deleted';

/**
 * Compares the places of one bucket in Kafka and in a store.
 *
 * @param kafka event ids by offset; undefined when the log no longer holds all of them, and so cannot say which.
 * @param stored how often each offset is there.
 * @param exceptions dead letters and repeats, by offset.
 * @param retryDone every record of the sink's retry topic is acknowledged.
 */
export function classify({
  partition,
  kafka,
  stored,
  exceptions,
  retryDone,
}: {
  partition: number;
  kafka: ReadonlyMap<number, string> | undefined;
  stored: ReadonlyMap<number, number>;
  exceptions: ReadonlyMap<number, ExceptionState>;
  retryDone: boolean;
}): Faults {
  const faults: Faults = { lost: [], doubled: [], unexpected: [], onItsWay: [] };
  for (const [offset, event_id] of kafka ?? []) {
    if (stored.has(offset)) continue;
    const state = exceptions.get(offset);
    if (state === undefined) faults.lost.push({ partition, offset, event_id });
    if (state === 'redriven')
      (retryDone ? faults.lost : faults.onItsWay).push({ partition, offset, event_id });
  }
  for (const [offset, times] of stored) {
    const event_id = kafka?.get(offset);
    if (times > 1) faults.doubled.push({ partition, offset, event_id });
    const deleted = exceptions.get(offset) === 'deleted';
    if (deleted || (kafka !== undefined && !kafka.has(offset))) {
      faults.unexpected.push({ partition, offset, event_id });
    }
  }
  return faults;
}
