import { counter, gauge, histogram } from '../../shared/metrics/index.ts';
import type { Verdict } from './verdict.ts';

const comparison = gauge({
  name: 'check_verdict',
  help: '1 where the newest check found two sides equal, 0 where it found a difference',
  labels: ['comparison'],
});
const faults = gauge({
  name: 'check_faults',
  help: 'Events lost, doubled or unexpected in a store, and drifted rollup entries, by the newest check',
  labels: ['kind'],
});
const pending = gauge({
  name: 'check_pending_offsets',
  help: 'Offsets that the newest check could not count yet, by the sink that had not acknowledged them',
  labels: ['sink'],
});
const checkedAt = gauge({
  name: 'check_last_timestamp_seconds',
  help: 'When a check last came to a verdict, seconds since 1970',
});
const runs = counter({ name: 'check_runs_total', help: 'Checks by outcome', labels: ['outcome'] });
const duration = histogram({ name: 'check_duration_seconds', help: 'Time of a check' });

export function reportVerdict(verdict: Verdict): void {
  const equal = (store: 'mongodb' | 'clickhouse') =>
    verdict.differences.some((difference) => difference.store === store) ? 0 : 1;
  const still = (rollup: string) => (verdict.drifts.some((drift) => drift.rollup === rollup) ? 0 : 1);
  if (verdict.status !== 'pending') {
    comparison.set({ comparison: 'kafka_clickhouse' }, equal('clickhouse'));
    comparison.set({ comparison: 'kafka_mongodb' }, equal('mongodb'));
    comparison.set({ comparison: 'clickhouse_events_per_minute' }, still('events_per_minute'));
    comparison.set({ comparison: 'clickhouse_users_per_day' }, still('users_per_day'));
    for (const kind of ['lost', 'doubled', 'unexpected', 'drifted'] as const)
      faults.set({ kind }, verdict[kind]);
    checkedAt.set(Date.parse(verdict.checked_at) / 1000);
  }
  pending.set({ sink: 'mongo-write' }, 0);
  pending.set({ sink: 'clickhouse-write' }, 0);
  for (const { sink, offsets } of verdict.pending.waiting) pending.set({ sink }, offsets);
  runs.inc({ outcome: verdict.status });
  duration.observe(verdict.duration_ms / 1000);
}

export function reportUnavailable(): void {
  runs.inc({ outcome: 'unavailable' });
}
