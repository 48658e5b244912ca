import { setTimeout as delay } from 'node:timers/promises';
import { createAcknowledgedProducer } from '../../shared/clients/kafka/index.ts';
import type { Rig } from './rig.ts';

const SLICE_MS = 50;

/** Sends small events at the rate that holds, evenly, until told to stop; late by a moment it makes up for it. */
export async function sendAtRate(
  { settings, log }: Pick<Rig, 'settings' | 'log'>,
  { topic, rate, signal }: { topic: string; rate: () => number; signal: AbortSignal },
): Promise<number> {
  const producer = createAcknowledgedProducer({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'scaling',
    topic,
    log,
  });
  let sent = 0;
  let owed = 0;
  let last = performance.now();
  try {
    while (!signal.aborted) {
      const now = performance.now();
      owed += (rate() * (now - last)) / 1000;
      last = now;
      const count = Math.floor(owed);
      owed -= count;
      const timestampMs = Date.now();
      const records = Array.from({ length: count }, (_, i) => ({
        key: Buffer.from(String(sent + i)),
        value: Buffer.from(`{"number":${sent + i},"filler":"${'x'.repeat(80)}"}`),
        timestampMs,
      }));
      sent += count;
      if (count > 0) await producer.send(records);
      await delay(Math.max(0, SLICE_MS - (performance.now() - now)));
    }
  } finally {
    await producer.close();
  }
  return sent;
}
