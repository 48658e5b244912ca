import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchBody } from '../../../infra/connector/call/batch-body.ts';
import { type Output, readResult } from '../../../infra/connector/delivery/answer.ts';
import { outgoing } from '../../../infra/connector/delivery/settlement.ts';
import { compactType, encodeCompact } from '../../../shared/batch/compact.ts';
import { OutputList } from '../../../shared/batch/output-list.ts';
import { type BatchEvent, bytesOf } from '../../../shared/batch/types.ts';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { place } from '../../../shared/clients/kafka-protocol/place.ts';
import { encodeBatch, readRecords } from '../../../shared/clients/kafka-protocol/record-batch.ts';
import { headersOf } from '../../../shared/clients/kafka-protocol/record-list.ts';
import {
  type FetchedRecord,
  type NewRecord,
  recordKey,
  recordValue,
} from '../../../shared/clients/kafka-protocol/records.ts';
import { writeVarint } from '../../../shared/clients/kafka-protocol/varint.ts';
import { batchEventOf } from '../../../template/node24-batch/kafka-event.ts';
import { answerOfBatch } from '../../../template/node24-batch/respond.ts';

const bytes = fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value));
const headers = fc.array(fc.tuple(fc.string({ maxLength: 9 }).map(Buffer.from), bytes), { maxLength: 3 });
const header = fc.tuple(fc.string({ maxLength: 9 }), bytes).map(([name, value]) => ({ [name]: [...value] }));
const newRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers,
  timestamp: fc.nat({ max: 2 ** 42 }),
});

/** Records as a fetch brings them: several batches, offsets with gaps between. */
function fetched(batches: readonly (readonly NewRecord[])[], offset: number): FetchedRecord[] {
  const records: FetchedRecord[] = [];
  let at = offset;
  for (const batch of batches) {
    const encoded = encodeBatch(batch, { id: 1n, epoch: 0, sequence: 0 });
    encoded.writeBigInt64BE(BigInt(at), 0);
    readRecords(encoded, 0, 0, records);
    at += batch.length + 3;
  }
  return records;
}

const inBase64 = (value: string | Buffer) => bytesOf(value).toString('base64');

/** As Lambda has it. */
function asJson(event: BatchEvent<string | Buffer> | undefined): unknown {
  const records = Object.entries(event?.records ?? {}).map(([name, each]) => [
    name,
    each.map(({ topic, partition, offset, timestamp, timestampType, key, value, headers: list }) => ({
      ...(key === undefined ? {} : { key: inBase64(key) }),
      ...(value === undefined ? {} : { value: inBase64(value) }),
      topic,
      partition,
      offset,
      timestamp,
      timestampType,
      headers: list,
    })),
  ]);
  return { ...event, records: Object.fromEntries(records) };
}

const batches = fc.array(fc.array(newRecord, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });

test('a batch says the same in both forms, whatever its records hold', () => {
  fc.assert(
    fc.property(batches, fc.nat({ max: 2 ** 50 }), fc.boolean(), (given, offset, logAppendTime) => {
      const records = fetched(given, offset).map((record) => ({ ...record, logAppendTime }));
      const batch = { bootstrapServers: 'h:1', topic: 't.x', partition: 4, records };
      const compact = batchBody(batch, { compact: true });
      const json = batchBody(batch, { compact: false });
      expect([compact.contentType, json.contentType]).toEqual([compactType, 'application/json']);
      const read = batchEventOf({ 'content-type': compactType }, compact.bytes, { takesBytes: true });
      expect(asJson(read)).toEqual(JSON.parse(json.bytes.toString('utf8')));
    }),
  );
});

test('records of both types of time go as JSON', () => {
  const records = fetched([[{ key: null, value: null, headers: [], timestamp: 1 }]], 0);
  const mixed = [...records, ...records.map((record) => ({ ...record, logAppendTime: true }))];
  const batch = { bootstrapServers: '', topic: 't', partition: 0, records: mixed };
  expect(batchBody(batch, { compact: true }).contentType).toBe('application/json');
});

test('bytes that are no batch are refused, whatever they are; so is the form where the handler takes none', () => {
  const records = fetched([[{ key: null, value: Buffer.from('v'), headers: [], timestamp: 1 }]], 0);
  const { bytes: whole } = batchBody(
    { bootstrapServers: '', topic: 't', partition: 0, records },
    { compact: true },
  );
  const read = (body: Buffer, takesBytes = true) =>
    batchEventOf({ 'content-type': compactType }, body, { takesBytes });
  for (let length = 0; length < whole.length; length++) {
    expect(() => read(whole.subarray(0, length))).toThrow(expect.objectContaining({ statusCode: 400 }));
  }
  expect(() => read(Buffer.concat([whole, Buffer.from([0])]))).toThrow(
    expect.objectContaining({ statusCode: 400 }),
  );
  expect(() => read(whole, false)).toThrow(expect.objectContaining({ statusCode: 415 }));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      expect(() => read(Buffer.from(noise))).toThrow(expect.objectContaining({ statusCode: 400 }));
    }),
  );
});

const output = fc.record({
  key: fc.string({ unit: 'grapheme', maxLength: 40 }),
  value: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.nat(40_000).map((length) => 'ü'.repeat(length)),
  ),
  headers: fc.option(fc.array(header, { maxLength: 3 }), { nil: undefined }),
  sourceOffset: fc.nat({ max: 2 ** 50 }),
});
type Given = typeof output extends fc.Arbitrary<infer T> ? T : never;

function listOf(outputs: readonly Given[]): OutputList {
  const list = new OutputList(outputs[0]?.sourceOffset ?? 0);
  for (const { key, value, headers, sourceOffset } of outputs) {
    list.append({ key, value, ...(headers === undefined ? {} : { headers }) }, sourceOffset);
  }
  return list;
}

/** As the output topic has it; long bytes are compared as text, which is much faster. */
const expected = ({ key, value, headers = [] }: Given) => ({
  key: Buffer.from(key).toString('base64'),
  value: Buffer.from(value).toString('base64'),
  headers: headers
    .flatMap(Object.entries<number[]>)
    .map(([name, each]) => [Buffer.from(name), Buffer.from(each)]),
});

const producer = { id: 1n, epoch: 0, sequence: 0 };
const cluster = { topic: async () => ({ partitions: Array(3) }) } as unknown as Cluster;

/** The batches that outputs are written as, by partition. */
async function batchesOf(outputs: readonly Output[]): Promise<[number, string[]][]> {
  const placed = await place(
    cluster,
    outputs.map((each) => outgoing(each, 't', 9)),
    0,
  );
  return placed.map(({ partition, chunks }) => [
    partition,
    chunks.map((chunk) => encodeBatch(chunk, producer).toString('base64')),
  ]);
}

function written(batch: string) {
  const records: FetchedRecord[] = [];
  readRecords(Buffer.from(batch, 'base64'), 0, 0, records);
  return records.map((record) => ({
    key: recordKey(record)?.toString('base64'),
    value: recordValue(record)?.toString('base64'),
    headers: headersOf(record),
  }));
}

test('an answer says the same in both forms, with some of its outputs left out too', async () => {
  const request = { topicPartition: 't-0', has: () => true, wantsOutputs: true };
  const outputs = fc.array(output, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      outputs,
      fc.array(fc.nat(), { maxLength: 3 }),
      fc.nat(2 ** 6),
      async (given, failed, mask) => {
        const batchItemFailures = failed.map((offset) => ({
          itemIdentifier: { partition: 't-0', offset },
          reason: 'r',
          permanent: true,
        }));
        const left = new Set([...given.keys()].filter((index) => (mask >> index) % 2 === 1));
        const kept = given.filter((_, index) => !left.has(index));
        const [compact, json] = [true, false].map((each) => {
          const records = listOf(given).without(left);
          const answer = answerOfBatch({ batchItemFailures, records }, { compact: each });
          const body = Buffer.from(answer.body as string | Buffer);
          const result = readResult(
            { body, compact: answer.headers['content-type'] === compactType },
            request,
          );
          if (typeof result === 'string') throw new Error(result);
          return result;
        }) as [
          Exclude<ReturnType<typeof readResult>, string>,
          Exclude<ReturnType<typeof readResult>, string>,
        ];
        expect(compact.failures).toEqual(json.failures);
        const offsets = kept.map(({ sourceOffset }) => sourceOffset);
        for (const { outputs } of [compact, json])
          expect(outputs.map(({ offset }) => offset)).toEqual(offsets);
        const batches = await batchesOf(compact.outputs);
        expect(batches).toEqual(await batchesOf(json.outputs));
        const byKey = ({ key }: { key: string | undefined }) => key;
        const found = batches.flatMap(([, each]) => each.flatMap(written));
        const wanted = kept.map(expected);
        // Partitions come one after the other; within a key the order is that of the answer.
        for (const key of new Set(wanted.map(byKey))) {
          expect(found.filter((each) => byKey(each) === key)).toEqual(
            wanted.filter((each) => byKey(each) === key),
          );
        }
        expect(found).toHaveLength(wanted.length);
      },
    ),
  );
});

/** A record of the list, body as given; a length takes `size` bytes. */
function oddRecord(parts: readonly (Buffer | { length: number; size: number })[]): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 0, 0]),
    ...parts.map((part) => {
      if (Buffer.isBuffer(part)) return part;
      const bytes = Buffer.alloc(part.size, 0x80);
      const end = writeVarint(bytes, 0, part.length);
      if (end < part.size) bytes[end - 1] = (bytes[end - 1] as number) | 0x80;
      if (end < part.size) bytes[part.size - 1] = 0;
      return bytes;
    }),
  ]);
  const length = Buffer.alloc(5);
  return Buffer.concat([length.subarray(0, writeVarint(length, 0, body.length)), body]);
}

const [k, v] = [Buffer.from('k'), Buffer.from('v')];
const one = { length: 1, size: 1 };
const none = { length: 0, size: 1 };
test.each([
  ['a key whose length takes more bytes than it needs', [{ length: 1, size: 6 }, k, one, v, none], k, v],
  ['such a value', [one, k, { length: 1, size: 2 }, v, none], k, v],
  ['such a count of headers', [one, k, one, v, { length: 0, size: 3 }], k, v],
  ['bytes behind its headers', [one, k, one, v, none, Buffer.from('rest')], k, v],
  ['a key of less than no length', [{ length: -5, size: 1 }, one, v, none], null, v],
  ['a value of less than no length', [one, k, { length: -2, size: 1 }, none], k, null],
])('an output with %s is written as Kafka has it', (_, parts, key, value) => {
  const record = oddRecord(parts);
  const body = encodeCompact(
    {},
    { count: 1, offset: 7, timestamp: 0 },
    { room: record.length, write: (bytes, at) => at + record.copy(bytes, at) },
  );
  const result = readResult(
    { body, compact: true },
    { topicPartition: 't-0', has: () => true, wantsOutputs: true },
  );
  if (typeof result === 'string') throw new Error(result);
  const batch = encodeBatch(
    result.outputs.map((each) => outgoing(each, 't', 9)),
    producer,
  );
  expect(batch).toEqual(encodeBatch([{ key, value, headers: [], timestamp: 9 }], producer));
});

test('an answer that cannot be read, or names an output of no record, is a failure', () => {
  const list = new OutputList(7);
  list.append({ key: 'k', value: 'v' }, 7);
  const body = answerOfBatch({ records: list }, { compact: true }).body as Buffer;
  const read = (each: Buffer, known: number) =>
    readResult(
      { body: each, compact: true },
      { topicPartition: 't-0', has: (offset) => offset === known, wantsOutputs: true },
    );
  expect(read(body, 7)).toMatchObject({ outputs: [{ offset: 7 }] });
  expect(read(body, 8)).toMatch(/source offset 7/);
  expect(read(body.subarray(0, -1), 7)).toMatch(/cannot be read/);
});
