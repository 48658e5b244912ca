import type { BatchRecord } from '../../../shared/batch/types.ts';
import { recordValue } from '../../../shared/clients/kafka-protocol/records.ts';
import { readRange, type SinkRecord } from '../../../shared/sink/read-range.ts';
import type { EventRef } from '../classify.ts';
import type { KafkaLog } from '../kafka/log.ts';

/**
 * Reads lost events where they stand in Kafka, by the rules of the sinks. What the log no longer holds, or no sink
 * would take, is left out.
 */
export async function readFromKafka(
  log: KafkaLog,
  topic: string,
  refs: readonly EventRef[],
): Promise<SinkRecord[]> {
  const start = (await log.bounds(topic))?.start ?? new Map<number, number>();
  const found: SinkRecord[] = [];
  for (const [partition, all] of Map.groupBy(refs, (ref) => ref.partition)) {
    const held = all.filter(({ offset }) => offset >= (start.get(partition) ?? 0));
    for (const [from, to] of runsOf(held.map(({ offset }) => offset))) {
      const wanted = new Set(held.map(({ offset }) => offset));
      for await (const records of log.read(topic, partition, from, to)) {
        const batch = records.flatMap((record) => {
          const value = recordValue(record);
          return wanted.has(record.offset) && value !== null
            ? [recordOf(topic, partition, record.offset, value)]
            : [];
        });
        if (batch.length === 0) continue;
        const range = {
          eventSource: 'SelfManagedKafka' as const,
          bootstrapServers: '',
          records: { [`${topic}-${partition}`]: batch },
        };
        found.push(...readRange(range, undefined).records);
      }
    }
  }
  return found;
}

function recordOf(topic: string, partition: number, offset: number, value: Buffer): BatchRecord {
  const time = { timestamp: 0, timestampType: 'CREATE_TIME' as const };
  return { topic, partition, offset, ...time, value: value.toString('base64'), headers: [] };
}

/** Gaps that are cheaper to read than to seek over. */
const nearOffsets = 20_000;

/** Spans `[from, to)` that cover the offsets without reading what lies far between them. */
export function runsOf(offsets: readonly number[]): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (const offset of [...offsets].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && offset - last[1] < nearOffsets) last[1] = offset + 1;
    else runs.push([offset, offset + 1]);
  }
  return runs;
}
