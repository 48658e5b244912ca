import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { compareAcknowledged } from '../../../shared/clients/kafka/acknowledged.ts';
import { partitionOf } from '../../../shared/clients/kafka/index.ts';

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

test('each partition of a send is acknowledged exactly once', () => {
  const answer = (partition: number, errorCode = 0) => ({ topicName: 't', partition, errorCode });
  expect(compareAcknowledged([0, 1, 1], [answer(1), answer(0)])).toEqual({ missing: [], twice: [] });
  expect(compareAcknowledged([0, 1, 2], [answer(0), answer(1, 6), answer(0)])).toEqual({
    missing: [1, 2],
    twice: [0],
  });
});
