import type { EventRef } from './classify.ts';
import type { Repaired } from './repair/repair.ts';
import type { Sink } from './sinks.ts';
import type { Drift } from './stores/rollups.ts';

/** One minute of one store that does not hold what Kafka says. */
export interface Difference {
  store: 'mongodb' | 'clickhouse';
  /** RFC 3339. */
  minute: string;
  partition: number;
  expected: number;
  found: number;
  /** The first of them, by place in events_clean. */
  lost: EventRef[];
  doubled: EventRef[];
  unexpected: EventRef[];
}

export interface Verdict {
  /** Null: nothing could be counted yet. */
  ok: boolean | null;
  status: 'ok' | 'differs' | 'pending';
  /** RFC 3339. */
  checked_at: string;
  scope: 'recent' | 'full';
  checked: {
    /** Events of Kafka's ledger. */
    events: number;
    minutes: number;
    /** Ends by partition of events_clean: everything below was compared. */
    offsets: Record<string, number>;
    /** Events compared with MongoDB this time; a large store is counted in turn. */
    mongodb_events: number;
  };
  totals: {
    kafka: number;
    clickhouse: number;
    mongodb: number;
    events_per_minute: number;
  };
  lost: number;
  doubled: number;
  unexpected: number;
  drifted: number;
  /** Records that a sink need not have, by sink: dead letters, repeats of an event, and what was deleted. */
  excused: Record<Sink, { open: number; purged: number; redriven: number; repeat: number; deleted: number }>;
  differences: Difference[];
  drifts: Drift[];
  /** What cannot be judged yet; it is on its way, not lost. */
  pending: {
    waiting: { sink: Sink; offsets: number }[];
    redriven: number;
    changing: number;
  };
  duration_ms: number;
  /** What was mended before this verdict, and what was wrong then. */
  repair?: Repaired & { before: { lost: number; doubled: number; unexpected: number; drifted: number } };
}
