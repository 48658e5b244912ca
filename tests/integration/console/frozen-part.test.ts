import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import type { ConsoleState } from '../../../infra/gateway/console/state.ts';
import { pathsOf } from '../../../infra/platform/paths.ts';
import { createReporter } from '../../../infra/platform/supervisor/report.ts';
import { startServer } from '../../../infra/platform/supervisor/server.ts';
import { createSupervisor, type Supervisor } from '../../../infra/platform/supervisor/supervisor.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';
import { startGateway, type TestGateway } from '../gateway/start-gateway.ts';
import { fakePart } from '../platform/fake-part.ts';
import { streamed } from './stream.ts';

// Parts are asked every few seconds, as on the platform.
jest.setTimeout(120_000);
const slowly = { timeoutMs: 60_000 };

const folder = mkdtempSync(join(tmpdir(), 'frozen-'));
const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
let supervisor: Supervisor;
let gateway: TestGateway;

beforeAll(async () => {
  const parts = [await fakePart('a'), await fakePart('b')];
  const log = pino({ enabled: false });
  supervisor = createSupervisor({ parts, paths: pathsOf({ dataDir: folder }), log });
  supervisor.start();
  closing.unshift(() => supervisor.stop());
  const port = await freePort();
  const reporter = createReporter({ supervisor, settings: {}, dataFolder: folder });
  const server = await startServer({ host: '127.0.0.1', port, token: 'x', reporter, actions: {} });
  closing.unshift(() => Promise.all([reporter.close(), server.close()]));
  gateway = await startGateway({ METRICS_TARGETS: `supervisor=http://127.0.0.1:${port}/metrics` });
  closing.unshift(() => gateway.stop());
  await gateway.deploy('echo');
});
afterAll(async () => {
  for (const close of closing) await close();
});

const pidOf = (name: string) => supervisor.parts().find(({ part }) => part.name === name)?.status.pid ?? 0;

/** What `up` and `part_up` say. */
async function upOf(): Promise<string[]> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => /^(part_)?up\{/.test(line))
    .sort();
}

async function consoleState(): Promise<ConsoleState> {
  const messages = await streamed(gateway, 3);
  return messages.findLast(({ event }) => event === 'state')?.data as ConsoleState;
}

const all = (a: 0 | 1, replica: 0 | 1) => [
  `part_up{part="a"} ${a}`,
  'part_up{part="b"} 1',
  'part_up{part="supervisor"} 1',
  expect.stringMatching(new RegExp(`^up\\{function_name="echo",replica="echo-\\d+"\\} ${replica}$`)),
  `up{part="a"} ${a}`,
  'up{part="b"} 1',
  'up{part="gateway"} 1',
  'up{part="supervisor"} 1',
];

test('a part that is frozen is down in metrics and console, and no other; then it is well again', async () => {
  await eventually(async () => expect(await upOf()).toEqual(all(1, 1)), slowly);
  process.kill(pidOf('a'), 'SIGSTOP');
  await eventually(async () => expect(await upOf()).toEqual(all(0, 1)), slowly);
  const down = (await consoleState()).parts.filter(({ up }) => !up);
  expect(down.map(({ name }) => name)).toEqual(['a']);
  process.kill(pidOf('a'), 'SIGCONT');
  await eventually(async () => expect(await upOf()).toEqual(all(1, 1)), slowly);
});

test('a replica that is frozen is no longer counted as one that takes calls', async () => {
  const { pid } = (await (await gateway.ask('/function/echo')).json()) as { pid: number };
  process.kill(pid, 'SIGSTOP');
  await eventually(async () => {
    expect(await upOf()).toEqual(all(1, 0));
    expect(await gateway.status('echo')).toMatchObject({ replicas: 1, availableReplicas: 0 });
    expect((await consoleState()).functions).toMatchObject([{ name: 'echo', available: 0, desired: 1 }]);
  }, slowly);
  process.kill(pid, 'SIGCONT');
});
