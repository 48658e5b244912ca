import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchEventOf, batchInfoOf } from '../../../template/node24-batch/kafka-event.ts';

const body = (value: unknown) => Buffer.from(JSON.stringify(value));
const batch = { eventSource: 'SelfManagedKafka', bootstrapServers: 'b', records: { 'a-0': [{ offset: 1 }] } };

describe('batches', () => {
  test('the connector’s JSON is taken as it is', () => {
    expect(batchEventOf({ 'x-batch-id': 'c:t:0:1-1' }, body(batch))).toEqual(batch);
    expect(batchEventOf({}, body(batch))).toEqual(batch);
  });

  test('other bodies are no batch', () => {
    expect(batchEventOf({}, body({ eventSource: 'aws:s3' }))).toBeUndefined();
    expect(batchEventOf({}, Buffer.from(''))).toBeUndefined();
    expect(batchEventOf({}, Buffer.from('"SelfManagedKafka"'))).toBeUndefined();
    expect(batchEventOf({ 'x-topic': 'cron-function' }, Buffer.from(''))).toBeUndefined();
  });

  test('a single raw record is a batch of one', () => {
    const headers = {
      'x-topic': 't',
      'x-kafka-partition': '2',
      'x-kafka-offset': '41',
      'x-kafka-key': 'k\u00e9',
      'x-kafka-timestamp': '5',
    };
    expect(batchEventOf(headers, Buffer.from('{"a":1}'))).toEqual({
      eventSource: 'SelfManagedKafka',
      bootstrapServers: '',
      records: {
        't-2': [
          {
            topic: 't',
            partition: 2,
            offset: 41,
            timestamp: 5,
            timestampType: 'CREATE_TIME',
            key: Buffer.from('k\u00e9', 'latin1').toString('base64'),
            value: Buffer.from('{"a":1}').toString('base64'),
            headers: [],
          },
        ],
      },
    });
  });

  test.each([
    [{ 'x-batch-id': 'c:t:0:1-1' }, '{"eventSource":"SelfManagedKafka",'],
    [{ 'x-batch-id': 'c:t:0:1-1' }, '{}'],
    [{}, '{"eventSource":"SelfManagedKafka"}'],
    [{}, '{"eventSource":"SelfManagedKafka","records":{"a-0":1}}'],
    [{}, '{"eventSource":"SelfManagedKafka"'],
    [{ 'x-topic': 't', 'x-kafka-partition': '-1' }, ''],
    [{ 'x-topic': 't', 'x-kafka-offset': '1e3' }, ''],
  ])('%j with %s is refused', (headers, text) => {
    expect(() => batchEventOf(headers as Record<string, string>, Buffer.from(text))).toThrow(
      expect.objectContaining({ statusCode: 400 }),
    );
  });

  test('headers say which range it is', () => {
    expect(
      batchInfoOf({ 'x-batch-id': 'c:t-1_x:3:10-20', 'x-topic': 'events', 'x-route': '2', 'x-attempt': '4' }),
    ).toEqual({
      id: 'c:t-1_x:3:10-20',
      clusterId: 'c',
      topicId: 't-1_x',
      topic: 'events',
      partition: 3,
      first: 10,
      last: 20,
      route: 2,
      attempt: 4,
    });
    expect(batchInfoOf({})).toBeUndefined();
  });

  test('whatever comes is a batch, no batch, or refused with 400', () => {
    const header = fc.option(fc.string(), { nil: undefined });
    fc.assert(
      fc.property(header, header, header, fc.string(), (id, topic, partition, text) => {
        const headers = Object.fromEntries(
          Object.entries({ 'x-batch-id': id, 'x-topic': topic, 'x-kafka-partition': partition }).filter(
            ([, value]) => value !== undefined,
          ),
        ) as Record<string, string>;
        try {
          batchEventOf(headers, Buffer.from(text));
          batchInfoOf(headers);
        } catch (error) {
          expect(error).toMatchObject({ statusCode: 400 });
        }
      }),
    );
  });
});
