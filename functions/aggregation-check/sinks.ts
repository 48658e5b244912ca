import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaLog, Offsets, TopicBounds } from './kafka/log.ts';

/** A function that writes events_clean into a store; its name is that of its consumer group. */
export type Sink = 'mongo-write' | 'clickhouse-write';

export const sinks: readonly Sink[] = ['mongo-write', 'clickhouse-write'];

/** What is redriven to one sink. */
export function retryTopic(sink: Sink): string {
  return `${sink}.retry`;
}

export interface Acknowledged {
  /** Every sink has acknowledged everything below, by partition; never above the read-committed end. */
  offsets: Map<number, number>;
  /** Offsets that are not acknowledged by all sinks, by the sink that is furthest behind. */
  waiting: { sink: Sink; offsets: number }[];
}

/** What both sinks have acknowledged of a topic: the committed position of a sink, whatever range it declares. */
export function acknowledgedBy(
  bounds: Pick<TopicBounds, 'start' | 'end'>,
  positions: ReadonlyMap<Sink, Offsets>,
): Acknowledged {
  const offsets = new Map<number, number>();
  const behind = new Map<Sink, number>();
  for (const [partition, end] of bounds.end) {
    const start = bounds.start.get(partition) ?? 0;
    let least = end;
    for (const [sink, ofSink] of positions) {
      const position = Math.max(ofSink.get(partition) ?? start, start);
      if (position < end) behind.set(sink, (behind.get(sink) ?? 0) + end - position);
      least = Math.min(least, position);
    }
    offsets.set(partition, least);
  }
  return { offsets, waiting: [...behind].map(([sink, missing]) => ({ sink, offsets: missing })) };
}

/** Asks until all sinks have acknowledged the ends, or `timeoutMs` have passed; then with what they have. */
export async function waitForSinks(
  log: KafkaLog,
  topic: string,
  bounds: TopicBounds,
  { timeoutMs, intervalMs = 250 }: { timeoutMs: number; intervalMs?: number },
): Promise<Acknowledged> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const positions = new Map<Sink, Offsets>();
    for (const sink of sinks) positions.set(sink, await log.positions(sink, topic));
    const acknowledged = acknowledgedBy(bounds, positions);
    if (acknowledged.waiting.length === 0 || Date.now() >= deadline) return acknowledged;
    await delay(intervalMs);
  }
}

/** Whether sinks have acknowledged all that was redriven to them. */
export async function retriesAreDone(log: KafkaLog, which: readonly Sink[]): Promise<boolean> {
  for (const sink of which) {
    const topic = retryTopic(sink);
    const bounds = await log.bounds(topic);
    if (bounds === undefined) continue;
    const positions = new Map([[sink, await log.positions(sink, topic)]]);
    if (acknowledgedBy(bounds, positions).waiting.length > 0) return false;
  }
  return true;
}
