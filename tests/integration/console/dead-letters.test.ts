import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { deadLetterHeaders } from '../../../infra/connector/delivery/dead-letter.ts';
import type { Selection } from '../../../infra/connector/redrive/select.ts';
import {
  createDeadLetterReader,
  type DeadLetterReader,
} from '../../../infra/gateway/console/dead-letters/reader.ts';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { unique } from '../../support/names.ts';
import { openKafka, type TestKafka } from '../connector/rig/kafka.ts';
import { deadLetterOf } from './letters.ts';

let kafka: TestKafka;
const openCluster = (bootstrapServers: string) => createCluster({ bootstrapServers, clientId: 'console' });
const topic = unique('dlq');
const readers: DeadLetterReader[] = [];

function reader(options: { topic?: string; mostLetters?: number } = {}) {
  const made = createDeadLetterReader({
    openCluster: () => openCluster(kafka.bootstrapServers),
    topic,
    ...options,
  });
  readers.push(made);
  return made;
}

const everything = { selection: {}, offsets: 5000 };

const letter = (offset: number, more: Record<string, string> = {}, value?: string | Buffer) =>
  deadLetterOf('mongo-write', offset, more, value);

beforeAll(async () => {
  kafka = await openKafka();
  await kafka.createTopic(topic, 3, { 'cleanup.policy': 'compact' });
}, 120_000);
afterAll(async () => {
  for (const one of readers) await one.close();
  await kafka?.close();
});

test('a topic that is not there has no letters', async () => {
  expect(await reader({ topic: unique('none') }).read(everything)).toEqual({
    letters: [],
    open: 0,
    functions: [],
    more: false,
  });
});

test('open letters, newest first: the last of a key counts, redriven and purged ones are gone', async () => {
  await kafka.send(topic, [
    letter(1),
    letter(2, { [deadLetterHeaders.key]: Buffer.from('12345').toString('base64'), 'x-own': '<b>' }),
    letter(3),
    letter(4, { [deadLetterHeaders.nullValue]: '1' }, ''),
    letter(5, {}, Buffer.from([0, 1, 2])),
    letter(6, {}, 'x'.repeat(20_000)),
  ]);
  await kafka.send(topic, [
    { key: 'mongo-write/T/0/3', value: null, partition: 0 },
    letter(1, { [deadLetterHeaders.reason]: 'again', [deadLetterHeaders.died]: '9000' }),
    { ...letter(7), key: 'transform/T/1/7', partition: 2 },
  ]);
  const { letters, open, functions, more } = await reader().read(everything);
  expect(letters.map(({ offset, reason }) => `${offset} ${reason}`)).toEqual([
    '1 again',
    '7 reason 7',
    '6 reason 6',
    '5 reason 5',
    '4 reason 4',
    '2 reason 2',
  ]);
  expect([open, functions, more]).toEqual([6, ['mongo-write'], false]);
  const by = (offset: number) => letters.find((one) => one.offset === offset);
  expect(by(2)).toMatchObject({ recordKey: '12345', value: 'v2', headers: [['x-own', '<b>']], attempts: 3 });
  expect(by(4)).toMatchObject({ recordKey: null, value: null, valueBytes: 0 });
  expect(by(5)).toMatchObject({ valueBytes: 3, cut: true });
  expect(by(6)).toMatchObject({ valueBytes: 20_000, cut: true });
  expect(by(6)?.value).toHaveLength(8192);
});

test('a long topic is read from its end', async () => {
  const { letters, open, more } = await reader({ mostLetters: 1 }).read({ selection: {}, offsets: 2 });
  expect(letters.map(({ offset }) => offset)).toEqual([1]);
  expect(open).toBe(2);
  expect(more).toBe(true);
});

test('what is looked for is found behind any number of others', async () => {
  const other = unique('dlq');
  await kafka.createTopic(other, 1, { 'cleanup.policy': 'compact' });
  const rejects = Array.from({ length: 30 }, (_, i) => deadLetterOf('transform', 100 + i));
  await kafka.send(other, [letter(1), letter(2), ...rejects]);
  const { read } = reader({ topic: other, mostLetters: 3 });
  const offsetsOf = async (selection: Selection) => {
    const { letters, open, functions } = await read({ selection, offsets: 5000 });
    expect(functions).toEqual(['mongo-write', 'transform']);
    return { open, offsets: letters.map(({ offset }) => offset) };
  };
  expect(await offsetsOf({})).toEqual({ open: 32, offsets: [129, 128, 127] });
  expect(await offsetsOf({ functionName: 'mongo-write' })).toEqual({ open: 2, offsets: [2, 1] });
  expect(await offsetsOf({ reason: 'reason 10' })).toEqual({ open: 10, offsets: [109, 108, 107] });
  expect(await offsetsOf({ sinceMs: 1000 + 129 })).toEqual({ open: 1, offsets: [129] });
});

test('Kafka out of reach is said', async () => {
  const away = createDeadLetterReader({ openCluster: () => openCluster('127.0.0.1:1'), topic });
  readers.push(away);
  await expect(away.read(everything)).rejects.toMatchObject({ statusCode: 503 });
});
