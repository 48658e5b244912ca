import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Connector } from '../../../infra/connector/connector.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { password, startGateway, type TestGateway } from '../gateway/start-gateway.ts';
import { startConnector } from './rig/connector.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';

/** Handlers written for AWS Lambda, deployed as they are: real gateway, real wrapper, real connector. */
const limits = { timeoutMs: 60_000 };
const dlq = unique('dlq');
const folder = mkdtempSync(join(tmpdir(), 'lambda-'));
let kafka: TestKafka;
let gateway: TestGateway;
let connector: Connector;

beforeAll(async () => {
  kafka = await openKafka();
  await kafka.createTopic(dlq, 1, { 'cleanup.policy': 'compact' });
  gateway = await startGateway({ FUNCTIONS_DIR: 'tests/fixtures/lambda' });
  connector = startConnector({
    bootstrapServers: kafka.bootstrapServers,
    gatewayUrl: gateway.url,
    gatewayPassword: password,
    deadLetterTopic: dlq,
    instanceId: unique('c'),
    timeoutMs: 30_000,
  });
}, 120_000);

afterAll(async () => {
  await connector?.close();
  await gateway?.stop();
  await kafka?.close();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

async function deploy(handler: string, values: readonly string[], annotations: Record<string, string> = {}) {
  const service = unique(handler).replaceAll('_', '-');
  const topic = unique('orders');
  const destination = join(folder, service);
  await kafka.createTopic(topic, 1);
  await kafka.send(
    topic,
    values.map((value, i) => ({ partition: 0, key: `k${i}`, value })),
  );
  await gateway.deploy(service, {
    image: `test/${handler}:latest`,
    envVars: { DESTINATION: destination },
    annotations: { topic, ...annotations },
  });
  await eventually(async () => {
    expect((await kafka.positions(service, topic)).get(0)?.offset).toBe(values.length);
  }, limits);
  const lines = readFileSync(destination, 'utf8').trimEnd().split('\n');
  const letters = (await kafka.readAll(dlq)).filter(({ key }) => String(key).startsWith(`${service}/`));
  return { service, topic, lines, letters };
}

test('a handler that takes a batch and answers as over HTTP', async () => {
  const { service, topic, lines, letters } = await deploy('batch', ['a', 'b', 'c']);
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    ['a', 'b', 'c'].map((value, offset) => ({
      topicPartition: `${topic}-0`,
      offset,
      at: new Date().getUTCFullYear(),
      key: `k${offset}`,
      value,
      by: service,
    })),
  );
  expect(letters).toEqual([]);
}, 180_000);

test('one that names what failed: that is tried again alone, then it is a dead letter', async () => {
  const { lines, letters } = await deploy('partial', ['{"id":1}', 'no JSON', '{"id":3}'], {
    'kafka.max-retries': '1',
  });
  expect(lines).toEqual(['1', '3']);
  expect(letters.map(({ value }) => String(value))).toEqual(['no JSON']);
}, 180_000);

test('one that returns nothing: it is tried again until it does not throw', async () => {
  const { lines, letters } = await deploy('silent', ['x', 'y']);
  expect(lines).toEqual(['x', 'y']);
  expect(letters).toEqual([]);
}, 180_000);
