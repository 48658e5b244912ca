import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createEventSource } from '../../../functions/generate/event-source.ts';
import type { Totals } from '../../../functions/generate/generate.ts';
import { decodeProgress } from '../../../functions/generate/progress.ts';
import { readRequest } from '../../../functions/generate/request.ts';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { readPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import { loadCategories } from '../../../shared/events/index.ts';
import { engines } from '../../support/engines.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { createTopic, readCommitted } from '../kafka-client/topics.ts';

const topic = unique('events_raw');
const children: ChildProcess[] = [];
let cluster: Cluster | undefined;

beforeAll(() => createTopic(engines().kafka, topic), 120_000);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await cluster?.close();
});

async function positionOf(runId: string) {
  cluster ??= createCluster({ bootstrapServers: engines().kafka, clientId: 'test' });
  const positions = await readPositions(cluster, {
    groupId: `generate-${runId}`,
    topic,
    partitions: [0],
    stable: false,
    lane: 'test',
  });
  return positions.get(0);
}

function start(body: object): {
  child: ChildProcess;
  totals: Promise<Totals>;
  exitCode: Promise<number | null>;
} {
  const child = fork(new URL('generate-process.ts', import.meta.url).pathname, [JSON.stringify(body)], {
    env: {
      PATH: process.env.PATH,
      KAFKA_BOOTSTRAP_SERVERS: engines().kafka,
      EVENTS_RAW_TOPIC: topic,
      LOG_LEVEL: 'error',
    },
    execArgv: [],
  });
  children.push(child);
  const totals = once(child, 'message').then(([message]) => message as Totals);
  const exitCode = once(child, 'exit').then(([code]) => code as number | null);
  return { child, totals, exitCode };
}

test('killed again and again, a run ends with exactly its events, each once', async () => {
  const run_id = unique('run');
  const body = { run_id, count: 60_000, seed: 7, history: 20, users: 5000 };
  const position = () => positionOf(run_id);
  for (const reached of [1, 12_000, 30_000]) {
    const { child, exitCode } = start(body);
    await eventually(async () => expect((await position())?.offset ?? 0).toBeGreaterThanOrEqual(reached), {
      intervalMs: 5,
    });
    child.kill('SIGKILL');
    await exitCode;
  }
  const last = start(body);
  const totals = await last.totals;
  await last.exitCode;
  expect(totals).toMatchObject({ run_id, done: true, produced: 60_020, history: 20 });

  const again = start({ run_id });
  expect(await again.totals).toEqual(totals);
  await again.exitCode;

  const records = await readCommitted(engines().kafka, topic);
  const progress = decodeProgress((await position())?.metadata ?? '');
  const source = createEventSource({
    runId: run_id,
    parameters: readRequest(JSON.stringify(body)).parameters,
    startMs: progress.startMs,
    history: 20,
    categories: loadCategories(),
  });
  const expected = Array.from({ length: 60_020 }, (_, i) => source(i, 0).value.toString()).sort();
  expect(records.length).toBe(expected.length);
  const values = records.map(({ value }) => value).sort();
  expect(values.findIndex((value, i) => value !== expected[i])).toBe(-1);
}, 120_000);

test('who calls last has the run; the one before stops', async () => {
  const run_id = unique('run');
  const first = start({ run_id, rate: 500, max_seconds: 600 });
  const written = async () => (await positionOf(run_id))?.offset ?? 0;
  const before = await eventually(async () => {
    const offset = await written();
    expect(offset).toBeGreaterThan(100);
    return offset;
  });
  const totals = await start({ run_id, max_seconds: 2 }).totals;
  expect(totals.done).toBe(false);
  expect(totals.produced).toBeGreaterThan(before);
  expect(await first.exitCode).not.toBe(0);
  expect(await written()).toBe(totals.produced);
}, 120_000);
