import { createClient } from '@clickhouse/client';
import { Kafka, logLevel } from 'kafkajs';
import { MongoBulkWriteError, MongoClient } from 'mongodb';
import { clean } from './clean.ts';

/**
 * The pipeline as most people would write it: one consumer process reads `events_raw`, cleans each event, writes
 * batches of 1,000 to both stores, then commits the offsets. At least once: whatever is killed between a write
 * and its commit is written again, and ClickHouse counts it twice.
 */
const env = (name: string, fallback: string) => process.env[name] || fallback;
const batchSize = Number(env('BATCH_SIZE', '1000'));
const expected = Number(env('EXPECTED_EVENTS', '0'));

const kafka = new Kafka({
  clientId: 'baseline-node',
  brokers: env('KAFKA_BOOTSTRAP_SERVERS', '127.0.0.1:9092').split(','),
  logLevel: logLevel.ERROR,
});
const mongo = await new MongoClient(env('MONGODB_URI', 'mongodb://127.0.0.1:27017')).connect();
const collection = mongo.db(env('MONGODB_DATABASE', 'baseline')).collection<{ _id: string }>('raw_events');
const clickhouse = createClient({
  url: env('CLICKHOUSE_URL', 'http://127.0.0.1:8123'),
  username: env('CLICKHOUSE_USER', 'default'),
  password: env('CLICKHOUSE_PASSWORD', ''),
  database: env('CLICKHOUSE_DATABASE', 'baseline'),
});
const consumer = kafka.consumer({ groupId: env('GROUP', 'baseline-node'), maxWaitTimeInMs: 50 });
await consumer.connect();
await consumer.subscribe({ topic: env('EVENTS_RAW_TOPIC', 'events_raw'), fromBeginning: true });

let seen = 0;
let rejected = 0;
let startedMs = 0;

await consumer.run({
  autoCommit: false,
  partitionsConsumedConcurrently: 3,
  eachBatchAutoResolve: false,
  eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning }) => {
    startedMs ||= Date.now();
    for (let at = 0; at < batch.messages.length && isRunning(); at += batchSize) {
      const part = batch.messages.slice(at, at + batchSize);
      const events = part.flatMap((message) => {
        const event = clean(message.value, Number(message.timestamp));
        return event ? [event] : [];
      });
      rejected += part.length - events.length;
      if (events.length > 0) await Promise.all([writeMongo(events), writeClickhouse(events)]);
      const last = part.at(-1);
      if (last) {
        const offset = String(Number(last.offset) + 1);
        await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset }]);
        // Without it kafkajs hands on the same batch again.
        resolveOffset(last.offset);
      }
      seen += part.length;
      await heartbeat();
    }
    if (expected > 0 && seen >= expected) finish();
  },
});

type Clean = NonNullable<ReturnType<typeof clean>>;

async function writeMongo(events: Clean[]): Promise<void> {
  try {
    await collection.insertMany(
      events.map((e) => e.document),
      { ordered: false },
    );
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.code !== 11000) throw error;
  }
}

async function writeClickhouse(events: Clean[]): Promise<void> {
  await clickhouse.insert({ table: 'events', values: events.map((e) => e.row), format: 'JSONEachRow' });
}

function finish(): void {
  const seconds = (Date.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage();
  process.stdout.write(
    `${JSON.stringify({ events: seen, rejected, seconds, cpuSeconds: (user + system) / 1e6, eventsPerSecond: Math.round(seen / seconds) })}\n`,
  );
  process.exit(0);
}
