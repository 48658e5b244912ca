import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { sortOut, takeFlight, type Waiting } from '../../../shared/clients/kafka/flight.ts';
import type { OutgoingRecord } from '../../../shared/clients/kafka/index.ts';
import { partitionOf } from '../../../shared/clients/kafka-protocol/partition.ts';
import { produceOutcome } from '../../../shared/clients/kafka-protocol/produce-outcome.ts';
import { sequenceAfter } from '../../../shared/clients/kafka-protocol/record-batch.ts';

test('keys go where kafkajs and the Java client put them', () => {
  const theirs = Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 50 }),
      (bytes, count) => {
        const key = Buffer.from(bytes);
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
          partitionId,
          leader: 0,
        }));
        const message = { key, value: null };
        expect(partitionOf(key, count)).toBe(
          theirs({ topic: 't', partitionMetadata: partitionMetadata as PartitionMetadata[], message }),
        );
      },
    ),
  );
});

const waitingFor = (count: number, valueBytes = 10): Waiting => ({
  records: Array.from(
    { length: count },
    (_, i): OutgoingRecord => ({
      key: Buffer.from(String(i)),
      value: Buffer.alloc(valueBytes),
      timestampMs: i,
      headers: i % 2 === 0 ? { trace: 'a' } : undefined,
    }),
  ),
  taken: 0,
  acknowledged: 0,
  settled: false,
  settle: () => {},
});

test('a flight takes what waits, up to its bounds, in order, and one record at least', () => {
  const queue = [waitingFor(3), { ...waitingFor(5), settled: true }, waitingFor(9_998), waitingFor(1)];
  const first = takeFlight(queue, 't');
  expect(first?.shares.map(({ start, count }) => [start, count])).toEqual([
    [0, 3],
    [3, 9_997],
  ]);
  expect(first?.records[1]).toMatchObject({ topic: 't', timestamp: 1, headers: [] });
  expect(first?.records[2]?.headers).toEqual([[Buffer.from('trace'), Buffer.from('a')]]);
  expect(takeFlight(queue, 't')?.shares.map(({ count }) => count)).toEqual([1, 1]);
  expect(takeFlight(queue, 't')).toBeUndefined();
  const large = [waitingFor(2, 5_000_000)];
  expect(takeFlight(large, 't')?.records).toHaveLength(1);
  expect(takeFlight(large, 't')?.records).toHaveLength(1);
  expect(large).toEqual([]);
});

test('who has no record in a failed partition is acknowledged', () => {
  const queue = [waitingFor(2), waitingFor(2), waitingFor(1)];
  const flight = takeFlight(queue, 't');
  if (flight === undefined) throw new Error('no flight');
  const error = new Error('gone');
  expect(sortOut(flight, [{ records: [flight.records[3] as never], error }])).toMatchObject([
    { count: 2, error: undefined },
    { count: 2, error },
    { count: 1, error: undefined },
  ]);
  expect(sortOut(flight, []).map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
});

test('what an answer says of a batch', () => {
  const outcomes = { NONE: 'written', DUPLICATE_SEQUENCE_NUMBER: 'written', NOT_LEADER_OR_FOLLOWER: 'again' };
  for (const [error, outcome] of Object.entries(outcomes)) expect(produceOutcome(error)).toBe(outcome);
  expect(produceOutcome(undefined)).toBe('again');
  expect(produceOutcome('NOT_ENOUGH_REPLICAS_AFTER_APPEND')).toBe('again');
  expect(produceOutcome('MESSAGE_TOO_LARGE')).toBe('refused');
  expect(produceOutcome('OUT_OF_ORDER_SEQUENCE_NUMBER')).toBe('refused');
});

test('sequence numbers begin anew after the largest', () => {
  expect(sequenceAfter(5, 3)).toBe(8);
  expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0);
  expect(sequenceAfter(2 ** 31 - 2, 5)).toBe(3);
});
