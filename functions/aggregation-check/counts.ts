/** Events of one minute of event time that came through one partition of events_clean. */
export interface Bucket {
  partition: number;
  /** Milliseconds since 1970. */
  minute: number;
}

export interface Count {
  events: number;
  /** Sum of the events' offsets, as text: it may pass what a number holds exactly. */
  offsetSum: string;
}

/** A bucket in which a store does not hold what it should. */
export interface Mismatch extends Bucket {
  expected: number;
  found: number;
}

const nothing: Count = { events: 0, offsetSum: '0' };

/** Counts by bucket. */
export class Counts {
  readonly #byKey = new Map<string, Bucket & Count>();

  set({ partition, minute }: Bucket, { events, offsetSum }: Count): void {
    this.#byKey.set(`${partition}/${minute}`, { partition, minute, events, offsetSum });
  }

  /** What another shard has of a bucket comes on top. */
  add(bucket: Bucket, { events, offsetSum }: Count): void {
    const before = this.get(bucket) ?? nothing;
    this.set(bucket, {
      events: before.events + events,
      offsetSum: String(BigInt(before.offsetSum) + BigInt(offsetSum)),
    });
  }

  get({ partition, minute }: Bucket): Count | undefined {
    return this.#byKey.get(`${partition}/${minute}`);
  }

  [Symbol.iterator](): Iterator<Bucket & Count> {
    return this.#byKey.values();
  }
}

/**
 * The buckets in which two sides differ, by time. An equal number of events with another sum of offsets is a
 * difference too: one event lost and another doubled.
 */
export function compareCounts(expected: Counts, found: Counts): Mismatch[] {
  const mismatches: Mismatch[] = [];
  for (const bucket of expected) {
    const other = found.get(bucket) ?? nothing;
    if (other.events !== bucket.events || other.offsetSum !== bucket.offsetSum) {
      mismatches.push(mismatch(bucket, bucket.events, other.events));
    }
  }
  for (const bucket of found) {
    if (expected.get(bucket) === undefined && bucket.events > 0) {
      mismatches.push(mismatch(bucket, 0, bucket.events));
    }
  }
  return mismatches.sort((a, b) => a.minute - b.minute || a.partition - b.partition);
}

function mismatch({ partition, minute }: Bucket, expected: number, found: number): Mismatch {
  return { partition, minute, expected, found };
}
