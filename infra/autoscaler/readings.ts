import { parseMetrics } from '../../shared/metrics/parse.ts';
import type { PartitionReading } from './measure.ts';

const fields: Record<string, keyof Pick<PartitionReading, 'position' | 'lagRecords' | 'lagSeconds'>> = {
  connector_position: 'position',
  connector_lag_records: 'lagRecords',
  connector_lag_seconds: 'lagSeconds',
};

/**
 * Reads what connectors say of each function's partitions out of their `/metrics` texts. During a rebalance two
 * connectors may name the same partition for a moment: the farther position is the newer.
 */
export function readingsByFunction(texts: readonly string[]): Map<string, PartitionReading[]> {
  const functions = new Map<string, Map<string, PartitionReading>>();
  for (const text of texts) {
    const mine = new Map<string, PartitionReading & { function: string }>();
    for (const { name, labels, value } of parseMetrics(text, (n) => n in fields)) {
      const field = fields[name];
      const { function: functionName, topic, partition } = labels;
      if (!field || functionName === undefined || topic === undefined || partition === undefined) continue;
      const key = JSON.stringify([functionName, topic, partition]);
      const reading = mine.get(key) ?? {
        function: functionName,
        topic,
        partition: Number(partition),
        position: 0,
        lagRecords: 0,
        lagSeconds: 0,
      };
      reading[field] = value;
      mine.set(key, reading);
    }
    for (const [key, { function: functionName, ...reading }] of mine) {
      const readings = functions.get(functionName) ?? new Map<string, PartitionReading>();
      const known = readings.get(key);
      if (!known || known.position < reading.position) readings.set(key, reading);
      functions.set(functionName, readings);
    }
  }
  return new Map([...functions].map(([name, readings]) => [name, [...readings.values()]]));
}
