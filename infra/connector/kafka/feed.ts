import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';
import { PipelineError } from '../../../shared/errors/index.ts';

/** Records of a partition, taken in order, and the position after them. */
export interface Taken {
  records: FetchedRecord[];
  /** The next offset to take: beyond markers and gaps where nothing more is buffered. */
  end: number;
}

interface Chunk {
  records: FetchedRecord[];
  /** Index of the first record not taken yet. */
  head: number;
  arrivedAtMs: number;
}

/** Fetching this partition cannot go on by itself: the owner has to take it over again. */
export class FeedBrokenError extends PipelineError {
  constructor(reason: string) {
    super(reason, `The partition cannot be read from this position (${reason})`, { retriable: true });
  }
}

/** Buffered records of one partition, between the fetcher that fills and the worker that takes. */
export interface Feed {
  readonly topic: string;
  readonly topicUuid: string;
  readonly partition: number;
  /** Drops everything fetched so far and reads on from there; answers still under way are ignored. */
  seek(offset: number): void;
  /** Stops fetching until the next seek and drops everything fetched. */
  pause(): void;
  close(): void;
  count(): number;
  /** Bytes buffered and not taken. */
  bytes(): number;
  /** When the oldest buffered record came in, milliseconds; undefined when there is none. */
  oldestArrivalMs(): number | undefined;
  /** Kafka's time of the oldest buffered record. */
  oldestTimestampMs(): number | undefined;
  /** The offset up to which everything has been fetched. */
  fetchedTo(): number;
  /** The position after what was taken: the next record's predecessor's end, or `fetchedTo`. */
  end(): number;
  /** The read-committed end as last seen. */
  stableEnd(): number | undefined;
  /** When that was seen, milliseconds; 0 if never. */
  stableEndSeenMs(): number;
  /**
   * Since when a transaction holds the read-committed end back: it has stood still, and records lie behind it.
   * Milliseconds; undefined while none does.
   */
  heldSinceMs(): number | undefined;
  /** Takes at most so many records and bytes, at least one if there is any. */
  take(maxCount: number, maxBytes: number): Taken;
  /** Takes all below `end`, or undefined while not everything below has been fetched. */
  takeUntil(end: number): Taken | undefined;
  /** Resolves at the next change (data, position, failure), or after `timeoutMs`. */
  changed(timeoutMs?: number): Promise<void>;
  /** Wakes whoever waits for a change. */
  nudge(): void;
  /** @throws FeedBrokenError when fetching needs a takeover. */
  check(): void;
}

/** What the fetcher does with a feed. */
export interface FilledFeed extends Feed {
  epoch(): number;
  wantsData(): boolean;
  /** The epoch for which a fetch is under way; -1 when none is. */
  flight: number;
  noteEnd(ends: { stable: number; highWatermark: number }): void;
  append(records: FetchedRecord[], nextOffset: number): void;
  fail(reason: string): void;
  isClosed(): boolean;
}

/** Bytes buffered by all feeds together; beyond the limit only empty feeds are filled. */
export interface BufferBudget {
  used: number;
  readonly limit: number;
}

export function createFeed({
  topic,
  topicUuid,
  partition,
  limitBytes,
  budget,
  now,
  onRoom,
  onClose,
}: {
  topic: string;
  topicUuid: string;
  partition: number;
  /** Stop fetching when so many bytes are buffered. */
  limitBytes: number;
  /** What all feeds of the process share. */
  budget: BufferBudget;
  now: () => number;
  /** Called when the feed may be fetched (again). */
  onRoom: () => void;
  onClose: () => void;
}): FilledFeed {
  let chunks: Chunk[] = [];
  let count = 0;
  let bytes = 0;
  let epoch = 0;
  let next: number | undefined;
  let stableEnd: number | undefined;
  let stableEndSeenMs = 0;
  let heldSinceMs: number | undefined;
  let failure: string | undefined;
  let closed = false;
  let wanted = 0;
  let waiting: (() => void)[] = [];

  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  const firstRecord = () => chunks[0]?.records[chunks[0].head];
  const reset = (offset: number | undefined) => {
    epoch++;
    chunks = [];
    count = 0;
    budget.used -= bytes;
    bytes = 0;
    wanted = 0;
    next = offset;
    failure = undefined;
  };
  const fetchedTo = () => next ?? 0;
  const end = () => firstRecord()?.offset ?? fetchedTo();

  function takeWhile(fits: (record: FetchedRecord, taken: FetchedRecord[]) => boolean): FetchedRecord[] {
    const taken: FetchedRecord[] = [];
    while (chunks[0]) {
      const chunk = chunks[0];
      while (chunk.head < chunk.records.length) {
        const record = chunk.records[chunk.head] as FetchedRecord;
        if (!fits(record, taken)) break;
        taken.push(record);
        bytes -= record.size;
        budget.used -= record.size;
        chunk.head++;
      }
      if (chunk.head < chunk.records.length) break;
      chunks.shift();
    }
    count -= taken.length;
    if (taken.length > 0) onRoom();
    return taken;
  }

  return {
    topic,
    topicUuid,
    partition,
    flight: -1,
    epoch: () => epoch,
    isClosed: () => closed,
    wantsData: () =>
      !closed &&
      failure === undefined &&
      next !== undefined &&
      ((bytes < limitBytes && (budget.used < budget.limit || count === 0)) || next < wanted),
    seek(offset) {
      reset(offset);
      onRoom();
    },
    pause: () => reset(undefined),
    close() {
      closed = true;
      reset(undefined);
      onClose();
      wake();
    },
    count: () => count,
    bytes: () => bytes,
    oldestArrivalMs: () => chunks[0]?.arrivedAtMs,
    oldestTimestampMs: () => firstRecord()?.timestamp,
    fetchedTo,
    end,
    stableEnd: () => stableEnd,
    stableEndSeenMs: () => stableEndSeenMs,
    heldSinceMs: () => heldSinceMs,
    noteEnd({ stable, highWatermark }) {
      if (highWatermark <= stable) heldSinceMs = undefined;
      else if (stable !== stableEnd || heldSinceMs === undefined) heldSinceMs = now();
      stableEnd = stable;
      stableEndSeenMs = now();
    },
    append(records, nextOffset) {
      if (records.length > 0) {
        chunks.push({ records, head: 0, arrivedAtMs: now() });
        count += records.length;
        for (const record of records) {
          bytes += record.size;
          budget.used += record.size;
        }
      }
      const moved = nextOffset !== next;
      next = nextOffset;
      if (moved) wake();
    },
    nudge: wake,
    fail(reason) {
      failure = reason;
      wake();
    },
    check() {
      if (failure !== undefined) throw new FeedBrokenError(failure);
    },
    take(maxCount, maxBytes) {
      let size = 0;
      const records = takeWhile((record, taken) => {
        size += record.size;
        return taken.length === 0 || (taken.length < maxCount && size <= maxBytes);
      });
      return { records, end: end() };
    },
    takeUntil(until) {
      if (fetchedTo() < until) {
        // A declared range is fetched whole, whatever the limit of the buffer.
        if (wanted < until) {
          wanted = until;
          onRoom();
        }
        return undefined;
      }
      return { records: takeWhile((record) => record.offset < until), end: until };
    },
    changed(timeoutMs) {
      return new Promise((resolve) => {
        const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
        function done() {
          clearTimeout(timer);
          waiting = waiting.filter((each) => each !== done);
          resolve();
        }
        waiting.push(done);
      });
    },
  };
}
