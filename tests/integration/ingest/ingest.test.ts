import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { FunctionContext } from '../../../shared/batch/types.ts';
import { partitionOf } from '../../../shared/clients/kafka-protocol/partition.ts';
import { engines } from '../../support/engines.ts';
import { unique } from '../../support/names.ts';
import { createTopic, readCommitted } from '../kafka-client/topics.ts';

const topic = unique('events_raw');
let ingest: typeof import('../../../functions/ingest/handler.ts');

beforeAll(async () => {
  await createTopic(engines().kafka, topic);
  process.env.KAFKA_BOOTSTRAP_SERVERS = engines().kafka;
  process.env.EVENTS_RAW_TOPIC = topic;
  process.env.INGEST_KEYS = 'secret';
  process.env.CORS_ORIGINS = 'https://shop.example';
  process.env.LOG_LEVEL = 'error';
  ingest = await import('../../../functions/ingest/handler.ts');
}, 120_000);

afterAll(() => ingest?.close());

async function call(body: unknown, { method = 'POST', path = '/', headers = {} } = {}) {
  const event = {
    rawPath: path,
    headers: { authorization: 'Bearer secret', 'content-type': 'application/json', ...headers },
    requestContext: { http: { method } },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2;
  const context = { signal: new AbortController().signal } as FunctionContext;
  return (await ingest.handler(event, context)) as APIGatewayProxyStructuredResultV2 & { statusCode: number };
}

const event = (user_id: number) => ({ event_type: 'page_view', user_id });

test('what is acknowledged is in the topic, once, with key, time and trace', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const from = Date.now();
  const answers = await Promise.all([
    call(event(1), { headers: { traceparent } }),
    call([event(2), { ...event(3), user_id: -3 }, event(4)]),
    call(`${JSON.stringify(event(5))}\n${JSON.stringify(event(6))}`, {
      headers: { 'content-type': 'application/x-ndjson' },
    }),
    call(
      Array.from({ length: 10_000 }, (_, i) =>
        i === 77 ? { ...event(i), country: 'Germany' } : event(10_000 + i),
      ),
    ),
    call([event(-1)]),
  ]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 207, 202, 207, 422]);
  expect(JSON.parse(answers[3]?.body ?? '')).toEqual({
    accepted: 9999,
    rejected: [{ index: 77, field: 'country', reason: 'must be two letters' }],
  });
  const records = await readCommitted(engines().kafka, topic);
  expect(records).toHaveLength(1 + 2 + 2 + 9999);
  expect(new Set(records.map(({ key }) => key)).size).toBe(records.length);
  for (const { key, value, partition, timestampMs } of records) {
    const sent = JSON.parse(value);
    expect([String(sent.user_id), partitionOf(Buffer.from(key), 6)]).toEqual([key, partition]);
    expect(timestampMs).toBeGreaterThanOrEqual(from);
  }
  expect(new Set(records.map(({ value }) => JSON.parse(value).event_id)).size).toBe(records.length);
  expect(records.filter(({ headers }) => headers.traceparent === traceparent).map(({ key }) => key)).toEqual([
    '1',
  ]);
}, 120_000);

test('the door: keys, methods, browsers', async () => {
  expect(await call(event(1), { headers: { authorization: '' } })).toMatchObject({
    statusCode: 401,
    headers: { 'www-authenticate': 'Bearer' },
  });
  expect(await call('', { method: 'PUT' })).toMatchObject({
    statusCode: 405,
    headers: { allow: 'POST, OPTIONS' },
  });
  const origin = { origin: 'https://shop.example' };
  expect(await call('', { method: 'OPTIONS', headers: origin })).toMatchObject({
    statusCode: 204,
    headers: { 'access-control-allow-origin': 'https://shop.example' },
  });
  const refused = await call('nonsense', { headers: origin });
  expect(refused).toMatchObject({
    statusCode: 400,
    headers: { 'access-control-allow-origin': 'https://shop.example' },
  });
  expect(JSON.parse(refused.body ?? '')).toMatchObject({
    accepted: 0,
    rejected: [{ index: 0, field: 'body' }],
  });
  const api = await call('', { method: 'GET', path: '/openapi.json' });
  expect(JSON.parse(api.body ?? '')).toMatchObject({ openapi: '3.1.0' });
});
