import { expect, test } from '@jest/globals';
import { decodePosition, partitionOfGroup } from '../../../shared/clients/kafka-protocol/position-record.ts';
import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';

/** As Kafka 4.2's own classes write them: offset 1234567890123, metadata `né` and 200 times x, leader epoch 7, a topic id. */
const text = Buffer.from(`né${'x'.repeat(200)}`).toString('hex');
const time = '0000018bcfe56800';
const offset = '0000011f71fb04cb';
const values: [version: number, hex: string][] = [
  [0, `0000${offset}00cb${text}${time}`],
  [1, `0001${offset}00cb${text}${time}ffffffffffffffff`],
  [2, `0002${offset}00cb${text}${time}`],
  [3, `0003${offset}0000000700cb${text}${time}`],
  [4, `0004${offset}00000007cc01${text}${time}0100100000000000000001${'0000000000000002'}`],
];
const key = '000100016700017400000003';

function record(keyHex: string, valueHex: string | null): FetchedRecord {
  const bytes = Buffer.from(keyHex + (valueHex ?? ''), 'hex');
  const keyEnd = keyHex.length / 2;
  return {
    offset: 0,
    timestamp: 0,
    logAppendTime: false,
    bytes,
    bodyStart: 0,
    keyStart: 0,
    keyEnd,
    valueStart: valueHex === null ? -1 : keyEnd,
    valueEnd: bytes.length,
    headersStart: bytes.length,
    headerCount: 0,
    end: bytes.length,
    size: bytes.length,
  };
}

test.each(values)('version %i', (_, hex) => {
  expect(decodePosition(record(key, hex))).toEqual({
    groupId: 'g',
    topic: 't',
    partition: 3,
    position: { offset: 1_234_567_890_123, metadata: `né${'x'.repeat(200)}` },
  });
});

test('a deleted position, a record of something else, a form that is not known', () => {
  expect(decodePosition(record(key, null))).toEqual({
    groupId: 'g',
    topic: 't',
    partition: 3,
    position: undefined,
  });
  expect(decodePosition(record('0002000167', null))).toBeUndefined();
  expect(decodePosition(record(key, `0005${offset}`))).toBe('unknown');
});

/** By Java's `String.hashCode` and Kafka's `Utils.abs`: above zero, below zero, the one that has no counterpart. */
test.each([
  ['clickhouse-write', 48],
  ['generate-é€', 47],
  ['sink_72e2528a9bcd', 34],
  ['polygenelubricants', 0],
])('partition of %s', (group, partition) => {
  expect(partitionOfGroup(group, 50)).toBe(partition);
});
