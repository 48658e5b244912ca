import { type Counter, counter, type Gauge, gauge } from '../../shared/metrics/index.ts';

export interface KeeperMetrics {
  asked: Counter;
  kept: Gauge;
  memory: Gauge;
  newest: Gauge;
  ready: Gauge;
}

/** What the keeper of claims tells of itself. */
export function createKeeperMetrics(): KeeperMetrics {
  return {
    asked: counter({
      name: 'claims_asked_total',
      help: 'Ids that were asked for, by answer: own or duplicate; asking again counts again',
      labels: ['answer'],
    }),
    kept: gauge({ name: 'claims_kept', help: 'Claims that are kept' }),
    memory: gauge({ name: 'claims_memory_bytes', help: 'Memory of the newest claims and of the filters' }),
    newest: gauge({
      name: 'claims_newest_timestamp_seconds',
      help: 'Newest record time of a claim, seconds since 1970',
    }),
    ready: gauge({
      name: 'claims_ready',
      help: '1 when claims are answered, 0 while they are read from events_clean',
    }),
  };
}
