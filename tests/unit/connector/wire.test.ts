import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchBody } from '../../../infra/connector/call/batch-body.ts';
import { assignPartitions, type Candidate } from '../../../infra/connector/kafka/assignor.ts';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../infra/connector/kafka/group-protocol.ts';
import { encodeBatch, readRecords } from '../../../shared/clients/kafka-protocol/record-batch.ts';
import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';

test('the body of a call is valid JSON and says all of a record', () => {
  const made = encodeBatch(
    [
      {
        key: Buffer.from('k'),
        value: Buffer.from([0, 255]),
        headers: [[Buffer.from('hé"\n'), Buffer.from([1, 2])]],
        timestamp: 5,
      },
      { key: null, value: null, headers: [], timestamp: 6 },
      { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [[Buffer.from('n'), null]], timestamp: 7 },
    ],
    { id: 1n, epoch: 0, sequence: 0 },
  );
  const records: FetchedRecord[] = [];
  readRecords(made, 0, 0, records);
  const batch = { bootstrapServers: 'h:1,h:2', topic: 't.x', partition: 4, records };
  const { contentType, bytes: body } = batchBody(batch, { compact: false });
  expect(contentType).toBe('application/json');
  const common = { topic: 't.x', partition: 4, timestampType: 'CREATE_TIME' };
  expect(JSON.parse(body.toString('utf8'))).toEqual({
    eventSource: 'SelfManagedKafka',
    bootstrapServers: 'h:1,h:2',
    records: {
      't.x-4': [
        { ...common, offset: 0, timestamp: 5, key: 'aw==', value: 'AP8=', headers: [{ 'hé"\n': [1, 2] }] },
        { ...common, offset: 1, timestamp: 6, headers: [] },
        { ...common, offset: 2, timestamp: 7, key: '', value: '', headers: [{ n: [] }] },
      ],
    },
  });
});

test('what members tell each other is read back', () => {
  const owned = [
    { topic: 'a', partition: 3 },
    { topic: 'b', partition: 0 },
  ];
  const subscription = { topics: ['a', 'b'], owned, generation: 9 };
  expect(decodeSubscription(encodeSubscription({ ...subscription, nonce: 4 }))).toEqual(subscription);
  expect(encodeSubscription({ ...subscription, nonce: 4 })).not.toEqual(
    encodeSubscription({ ...subscription, nonce: 5 }),
  );
  expect(decodeAssignment(encodeAssignment(owned))).toEqual(owned);
  expect(decodeAssignment(encodeAssignment([]))).toEqual([]);
});

const member = (memberId: string, owned: [string, number][] = [], generation = 1): Candidate => ({
  memberId,
  topics: ['in', 'in.retry'],
  owned: owned.map(([topic, partition]) => ({ topic, partition })),
  generation,
});
const counts = new Map([
  ['in', 6],
  ['in.retry', 3],
]);

test('every partition goes to one member, and each topic is shared evenly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.tuple(fc.nat(11), fc.nat(5))), (n, claims) => {
      const members = Array.from({ length: n }, (_, i) =>
        member(
          `m${i}`,
          claims.filter(([who]) => who === i).map(([, partition]) => ['in', partition]),
        ),
      );
      const assigned = assignPartitions(members, counts);
      const all = [...assigned.values()].flat().map(({ topic, partition }) => `${topic}-${partition}`);
      expect(all.length).toBe(9);
      expect(new Set(all).size).toBe(9);
      for (const [topic, count] of counts) {
        const shares = [...assigned.values()].map(
          (slots) => slots.filter((slot) => slot.topic === topic).length,
        );
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        expect(Math.max(...shares)).toBe(Math.ceil(count / n));
      }
    }),
  );
});

test('what need not move stays', () => {
  const before = assignPartitions([member('a'), member('b')], counts);
  const owned = (id: string) =>
    before.get(id)?.map(({ topic, partition }): [string, number] => [topic, partition]);
  expect(assignPartitions([member('a', owned('a')), member('b', owned('b'))], counts)).toEqual(before);
  const withThird = assignPartitions([member('a', owned('a')), member('b', owned('b')), member('c')], counts);
  for (const id of ['a', 'b']) {
    for (const slot of withThird.get(id) ?? []) expect(before.get(id)).toContainEqual(slot);
  }
});

test('of two that claim a partition, the later generation counts', () => {
  const assigned = assignPartitions(
    [
      member(
        'a',
        [
          ['in', 0],
          ['in', 1],
          ['in', 2],
        ],
        3,
      ),
      member(
        'b',
        [
          ['in', 0],
          ['in', 3],
          ['in', 4],
        ],
        5,
      ),
    ],
    new Map([['in', 6]]),
  );
  expect(assigned.get('b')).toContainEqual({ topic: 'in', partition: 0 });
});
