import { beforeEach, expect, test } from '@jest/globals';
import { ProtocolError, ResponseError, type Writer } from '@platformatic/kafka';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { createIdempotentProducer } from '../../../shared/clients/kafka-protocol/idempotent.ts';

/** What a broker does with the next request: an error code a partition; or nothing, its partitions perhaps led by broker 2 then. */
type Reply = Record<number, number> | 'silence' | 'moved';

let leaders: number[];
let replies: Reply[];
let requests: { broker: number; bytes: Buffer }[];
let ids: number;
let metadataReads: number;

beforeEach(() => {
  leaders = [1, 1];
  replies = [];
  requests = [];
  ids = 0;
  metadataReads = 0;
});

function answerOf(reply: Record<number, number>): { error: Error | null; response: unknown } {
  const partitionResponses = Object.entries(reply).map(([index, errorCode]) => ({
    index: Number(index),
    errorCode,
  }));
  const response = { responses: [{ name: 't', partitionResponses }], throttleTimeMs: 0 };
  const written = partitionResponses.every(({ errorCode }) => errorCode === 0);
  return { error: written ? null : new ResponseError(0, 9, { '/': [6, null] }, response), response };
}

type Callback = (error: Error | null, answer?: unknown) => void;

const connection = (broker: number) => ({
  send(
    ...[, , payload, , , , callback]: [number, number, () => Writer, unknown, boolean, boolean, Callback]
  ) {
    requests.push({ broker, bytes: payload().buffer });
    const reply = replies.shift() ?? { 0: 0, 1: 0 };
    if (reply === 'moved') leaders = [2, 2];
    if (typeof reply === 'string') {
      callback(new Error('closed'));
      return;
    }
    const { error, response } = answerOf(reply);
    callback(error, response);
  },
});

const cluster = {
  topic: async () => {
    metadataReads += 1;
    return { name: 't', partitions: leaders.map((leader) => ({ leader })) };
  },
  forgetTopics: () => {},
  leaderOf: (topic: { partitions: { leader: number }[] }, partition: number) => ({
    nodeId: topic.partitions[partition]?.leader ?? -1,
  }),
  callAny: async () => {
    ids += 1;
    return { producerId: BigInt(ids), producerEpoch: 0 };
  },
  connection: async ({ nodeId }: { nodeId: number }) => connection(nodeId),
} as unknown as Cluster;

const record = (key: string) => ({
  topic: 't',
  key: Buffer.from(key),
  value: null,
  headers: [],
  timestamp: 1,
});
/** By murmur2, one in each of two partitions. */
const both = [record('1'), record('2'), record('3'), record('4')];
const create = () => createIdempotentProducer({ cluster, lane: 'test', requestTimeoutMs: 1000 });
const timeoutMs = 60_000;

test('a batch without an answer goes to the leader of that moment with the same bytes', async () => {
  const producer = create();
  replies = ['moved'];
  expect(await producer.send(both, { timeoutMs })).toEqual([]);
  expect(requests.map(({ broker }) => broker)).toEqual([1, 2]);
  expect(requests[1]?.bytes).toEqual(requests[0]?.bytes);
  expect(ids).toBe(1);
});

test('only the partitions that failed are sent again; one that the broker knows already is written', async () => {
  const producer = create();
  replies = [{ 0: 0, 1: 6 }, { 1: 46 }];
  expect(await producer.send(both, { timeoutMs })).toEqual([]);
  const [first, second] = requests;
  expect(second?.bytes.length).toBeLessThan(first?.bytes.length ?? 0);
  // Sequence numbers go on where they were: the same records make other bytes.
  expect(await producer.send(both, { timeoutMs })).toEqual([]);
  expect(requests[2]?.bytes).not.toEqual(first?.bytes);
  expect(ids).toBe(1);
});

test('what a broker refuses is named, the rest is written, and the next send has another producer id', async () => {
  const producer = create();
  replies = [{ 0: 10, 1: 0 }];
  const failed = await producer.send(both, { timeoutMs });
  expect(failed).toHaveLength(1);
  expect(failed[0]?.error).toMatchObject({ message: 'the leader of t/0 answers MESSAGE_TOO_LARGE' });
  const refused = failed[0]?.records ?? [];
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(both.length);
  expect(await producer.send([record('1')], { timeoutMs })).toEqual([]);
  expect(ids).toBe(2);
});

test('no answer until it is too late', async () => {
  const producer = create();
  replies = Array.from({ length: 100 }, () => 'silence');
  const failed = await producer.send(both, { timeoutMs: 200 });
  expect(failed.flatMap(({ records }) => records)).toHaveLength(4);
  expect(failed[0]?.error).toMatchObject({ message: 'no acknowledgement within 200 ms; at last: closed' });
  const tried = new Set(requests.map(({ bytes }) => bytes.toString('hex')));
  expect(tried.size).toBe(1);
  replies = [];
  expect(await producer.send(both, { timeoutMs })).toEqual([]);
  expect(ids).toBe(2);
});

test('a refusal of the producer itself ends it at once', async () => {
  const refusing = {
    ...cluster,
    callAny: () => Promise.reject(new ProtocolError('CLUSTER_AUTHORIZATION_FAILED')),
  } as unknown as Cluster;
  const producer = createIdempotentProducer({ cluster: refusing, lane: 'test', requestTimeoutMs: 1000 });
  const failed = await producer.send(both, { timeoutMs });
  expect(failed).toMatchObject([{ error: { apiId: 'CLUSTER_AUTHORIZATION_FAILED' } }]);
  expect(metadataReads).toBe(0);
});
