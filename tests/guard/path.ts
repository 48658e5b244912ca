import { rowsOf } from '../../functions/clickhouse-write/rows.ts';
import { createTransform } from '../../functions/transform/transform.ts';
import { batchBody } from '../../infra/connector/call/batch-body.ts';
import { readResult } from '../../infra/connector/delivery/answer.ts';
import { outgoing } from '../../infra/connector/delivery/settlement.ts';
import { compactType } from '../../shared/batch/compact.ts';
import type { BatchInfo } from '../../shared/batch/types.ts';
import { encodeBatch, readRecords } from '../../shared/clients/kafka-protocol/record-batch.ts';
import type {
  FetchedRecord,
  NewRecord,
  WritableRecord,
} from '../../shared/clients/kafka-protocol/records.ts';
import { loadCategories } from '../../shared/events/index.ts';
import { createClientReader } from '../../shared/events/user-agent.ts';
import { encodeDocuments } from '../../shared/sink/encode-documents.ts';
import { readRange } from '../../shared/sink/read-range.ts';
import { batchEventOf } from '../../template/node24-batch/kafka-event.ts';
import { answerOfBatch } from '../../template/node24-batch/respond.ts';
import { generatedEvents } from '../support/generated-events.ts';

const startMs = Date.UTC(2026, 0, 15, 12);
const producer = { id: 1n, epoch: 0, sequence: 0 };

/** One stage of an event's way, for a whole batch. */
export interface Stage {
  name: string;
  run: () => unknown;
}

/**
 * What is computed for a batch on its way from Kafka to both stores, stage by stage, without the engines and the calls
 * between; and a loop of the engine's own JSON over the same events that stages are compared with.
 */
export function stagesOf({
  events,
  categoriesFile,
}: {
  events: number;
  categoriesFile: string | undefined;
}): {
  reference: () => void;
  stages: Stage[];
} {
  const categories = loadCategories(categoriesFile);
  const generated = generatedEvents(events, startMs, categories, { users: 100_000, invalid_share: 0.01 });
  const valid = generated.filter(({ kind }) => kind !== 'invalid').map(({ value }) => value.toString());
  const transform = createTransform({
    categories,
    retentionDays: 90,
    readClient: createClientReader(),
  });

  const raw = encodeBatch(
    generated.map(({ key, value }) => recordOf(key, value)),
    producer,
  );
  const rawBody = bodyOf('events_raw', recordsOf(raw));
  const transformed = () => {
    const { result } = transform(parse(rawBody), batchOf('events_raw', events));
    return answerOfBatch(result, { compact: true }).body as Buffer;
  };
  const answer = transformed();
  const clean = encodeBatch(outputsOf(answer), producer);
  const cleanBody = bodyOf('events_clean', recordsOf(clean));
  const range = readRange(parse(cleanBody), batchOf('events_clean', events)).records;

  return {
    reference: () => {
      for (const text of valid) Buffer.from(JSON.stringify(JSON.parse(text)));
    },
    stages: [
      { name: 'connector: raw records into a call', run: () => bodyOf('events_raw', recordsOf(raw)) },
      { name: 'transform: a call into its answer', run: transformed },
      { name: 'connector: the answer into records', run: () => encodeBatch(outputsOf(answer), producer) },
      { name: 'connector: clean records into a call', run: () => bodyOf('events_clean', recordsOf(clean)) },
      {
        name: 'both sinks: a call into a range',
        run: () => readRange(parse(cleanBody), batchOf('events_clean', events)),
      },
      {
        name: 'sinks: a range into documents and rows',
        run: () => [encodeDocuments(range), rowsOf(range)],
      },
    ],
  };
}

function recordOf(key: Buffer | null, value: Buffer | null): NewRecord {
  return { key, value, headers: [], timestamp: startMs };
}

function recordsOf(batch: Buffer): FetchedRecord[] {
  const records: FetchedRecord[] = [];
  readRecords(batch, 0, 0, records);
  return records;
}

function bodyOf(topic: string, records: readonly FetchedRecord[]): Buffer {
  return batchBody({ bootstrapServers: '127.0.0.1:9092', topic, partition: 0, records }, { compact: true })
    .bytes;
}

function parse(body: Buffer) {
  const event = batchEventOf({ 'content-type': compactType }, body, { takesBytes: true });
  if (event === undefined) throw new Error('no batch');
  return event;
}

function outputsOf(answer: Buffer): WritableRecord[] {
  const result = readResult(
    { body: answer, compact: true },
    {
      topicPartition: 'events_raw-0',
      has: () => true,
      wantsOutputs: true,
    },
  );
  if (typeof result === 'string') throw new Error(result);
  return result.outputs.map((output) => outgoing(output, 'events_clean', startMs));
}

function batchOf(topic: string, events: number): BatchInfo {
  return {
    id: `c:t:0:0-${events - 1}`,
    clusterId: 'c',
    topicId: 't',
    topic,
    partition: 0,
    first: 0,
    last: events - 1,
    route: 0,
    attempt: 1,
  };
}
