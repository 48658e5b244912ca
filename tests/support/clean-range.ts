import { createHash } from 'node:crypto';
import type { BatchEvent, BatchInfo, BatchRecord } from '../../shared/batch/types.ts';
import type { CleanEvent } from '../../shared/events/clean-event.ts';
import { encodeClean } from '../../shared/events/clean-record.ts';

/** A clean event with every field set; its id follows from `seed` alone. */
export function cleanEvent(seed: number | string, fields: Partial<CleanEvent> = {}): CleanEvent {
  const hex = createHash('md5').update(String(seed)).digest('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  return {
    event_id: id,
    event_type: 'purchase',
    category: 'commerce',
    timestamp: Date.UTC(2026, 10, 22, 10, 15, 30, 123),
    user_id: 12_345,
    session_id: 's-91',
    country: 'DE',
    device: 'desktop',
    browser: 'Chrome',
    amount: '19.90',
    currency: 'EUR',
    received_at: Date.UTC(2026, 10, 22, 10, 15, 31),
    user_agent: 'Mozilla/5.0',
    ip: '203.0.113.0',
    raw_partition: 1,
    raw_offset: 7,
    properties: { amount: 19.9, currency: 'EUR', sku: 'A-1' },
    ...fields,
  };
}

export interface CleanRange {
  event: BatchEvent;
  batch: BatchInfo;
}

/**
 * A range of `events_clean` as the connector sends it. `values` are events or raw values; offsets count on from
 * `first`.
 */
export function cleanRange(
  values: readonly (CleanEvent | Buffer | null)[],
  { partition = 3, first = 100, topicId = 'topic-id', route = 0 } = {},
): CleanRange {
  const topic = 'events_clean';
  const records = values.map((value, i): BatchRecord => {
    const bytes = value === null || Buffer.isBuffer(value) ? value : Buffer.from(encodeClean(value));
    return {
      topic,
      partition,
      offset: first + i,
      timestamp: Date.UTC(2026, 10, 22, 10, 15, 31),
      timestampType: 'CREATE_TIME',
      ...(bytes === null ? {} : { value: bytes.toString('base64') }),
      headers: [],
    };
  });
  const last = first + Math.max(values.length, 1) - 1;
  return {
    event: {
      eventSource: 'SelfManagedKafka',
      bootstrapServers: 'localhost:9092',
      records: { [`${topic}-${partition}`]: records },
    },
    batch: {
      id: `cluster:${topicId}:${partition}:${first}-${last}`,
      clusterId: 'cluster',
      topicId,
      topic,
      partition,
      first,
      last,
      route,
      attempt: 1,
    },
  };
}
