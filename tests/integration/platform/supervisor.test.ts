import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import type { Part } from '../../../infra/platform/part.ts';
import { logFileOf, pathsOf } from '../../../infra/platform/paths.ts';
import { startOf } from '../../../infra/platform/process-table.ts';
import { createSupervisor, type Supervisor } from '../../../infra/platform/supervisor/supervisor.ts';
import { eventually } from '../../support/eventually.ts';
import { addressOf, fakePart } from './fake-part.ts';

jest.setTimeout(120_000);

const log = pino({ enabled: false });
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function folder() {
  const dataDir = mkdtempSync(join(tmpdir(), 'supervisor-'));
  closing.push(() => rmSync(dataDir, { recursive: true, force: true }));
  return pathsOf({ dataDir });
}

function start(
  parts: Part[],
  paths = folder(),
  watch = { healthIntervalMs: 50, hungAfterMs: 2000, loopingAfterMs: 15_000, readyTimeoutMs: 10_000 },
) {
  const supervisor = createSupervisor({ parts, paths, log, watch });
  closing.push(() => supervisor.stop());
  supervisor.start();
  return { supervisor, paths };
}

const statusOf = (supervisor: Supervisor, name: string) =>
  supervisor.parts().find(({ part }) => part.name === name)?.status;

async function readyPid(supervisor: Supervisor, name: string, other?: number): Promise<number> {
  return eventually(() => {
    const status = statusOf(supervisor, name);
    expect(status).toMatchObject({ state: 'ready' });
    expect(status?.pid).not.toBe(other);
    return status?.pid as number;
  });
}

/** Over a connection of its own. */
async function askAnew(part: Part): Promise<string> {
  const [answer] = await once(get(addressOf(part), { agent: false }), 'response');
  return text(answer);
}

test('a part starts only when those it comes after are ready, and stops before them', async () => {
  const a = await fakePart('a');
  const b = await fakePart('b', { after: ['a'] });
  const { supervisor, paths } = start([a, b]);
  expect(statusOf(supervisor, 'b')?.state).toBe('waiting');
  await readyPid(supervisor, 'b');
  expect(statusOf(supervisor, 'a')?.state).toBe('ready');
  await supervisor.stop();
  const stoppedAt = (name: string) =>
    Number(/stops at (\d+)/.exec(readFileSync(logFileOf(paths, name), 'utf8'))?.[1]);
  expect(stoppedAt('b')).toBeLessThanOrEqual(stoppedAt('a'));
  expect(statusOf(supervisor, 'a')?.state).toBe('stopped');
});

test('a killed part is started again', async () => {
  const { supervisor } = start([await fakePart('a')]);
  const pid = await readyPid(supervisor, 'a');
  process.kill(pid, 'SIGKILL');
  const next = await readyPid(supervisor, 'a', pid);
  expect(startOf(pid)).toBeUndefined();
  expect(startOf(next)).toBeDefined();
  expect(statusOf(supervisor, 'a')?.restarts).toBe(1);
});

test('who connects while a part with a held port is down waits for the next one; once it is stopped all are refused', async () => {
  const part = await fakePart('a', { heldAt: '127.0.0.1', prepare: () => gate.promise });
  const gate = { promise: Promise.resolve() };
  const { supervisor } = start([part]);
  const pid = await readyPid(supervisor, 'a');
  let open = () => {};
  gate.promise = new Promise((resolve) => {
    open = resolve;
  });
  process.kill(pid, 'SIGKILL');
  await eventually(() => expect(startOf(pid)).toBeUndefined());
  const asked = Promise.all([1, 2, 3].map(() => askAnew(part)));
  await eventually(() => expect(statusOf(supervisor, 'a')?.restarts).toBe(1));
  open();
  const answers = await asked;
  const next = await readyPid(supervisor, 'a', pid);
  expect(answers).toEqual([1, 2, 3].map(() => `pid ${next}`));
  await supervisor.stop();
  await expect(askAnew(part)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a part that answers no more is killed and started again', async () => {
  const a = await fakePart('a');
  const { supervisor } = start([a]);
  const pid = await readyPid(supervisor, 'a');
  await fetch(`${addressOf(a)}/hang`);
  await eventually(() => expect(statusOf(supervisor, 'a')?.state).toBe('unhealthy'));
  await readyPid(supervisor, 'a', pid);
});

test('a part that works too much to answer is left to it, for a while', async () => {
  const a = await fakePart('a');
  const { supervisor } = start([a]);
  const pid = await readyPid(supervisor, 'a');
  const work = async (ms: number) => {
    await fetch(`${addressOf(a)}/work/${ms}`);
    await eventually(() => expect(statusOf(supervisor, 'a')?.state).toBe('unhealthy'));
  };
  await work(5000);
  expect(await readyPid(supervisor, 'a')).toBe(pid);
  await work(600_000);
  await readyPid(supervisor, 'a', pid);
});

test('a part that does not start is tried again, later each time, and says why', async () => {
  const { supervisor } = start([await fakePart('a', { behaviour: 'dies' })]);
  await eventually(() => expect(statusOf(supervisor, 'a')?.failures).toBeGreaterThanOrEqual(2));
  expect(statusOf(supervisor, 'a')?.detail).toContain('3');
});

test('what cannot even be prepared says why', async () => {
  const prepare = () => Promise.reject(new Error('the disk is full'));
  const { supervisor } = start([await fakePart('a', { prepare })]);
  await eventually(() => expect(statusOf(supervisor, 'a')?.detail).toBe('the disk is full'));
});

test('a part with an end is not started again', async () => {
  const { supervisor } = start([await fakePart('a', { behaviour: 'ends', ends: true })]);
  await eventually(() => expect(statusOf(supervisor, 'a')?.state).toBe('done'));
  expect(supervisor.add(await fakePart('a'))).toBe(true);
  await readyPid(supervisor, 'a');
  expect(supervisor.add(await fakePart('a'))).toBe(false);
});

test('a later supervisor takes over what an earlier one left running, and replaces what is started otherwise', async () => {
  const paths = folder();
  const same = await fakePart('same');
  const changed = await fakePart('changed');
  const first = createSupervisor({ parts: [same, changed], paths, log });
  first.start();
  const samePid = await readyPid(first, 'same');
  const changedPid = await readyPid(first, 'changed');

  // The first is left as it is, as if it had been killed; it would start nothing again that still runs.
  const { supervisor: second } = start([same, { ...changed, env: { SETTING: 'new' } }], paths);
  expect(await readyPid(second, 'same')).toBe(samePid);
  expect(await readyPid(second, 'changed', changedPid)).not.toBe(changedPid);
  process.kill(samePid, 'SIGSTOP');
  await second.stop();
  expect(startOf(samePid)).toBeUndefined();
  await first.stop();
});

test('stopping a part that is only just starting leaves no process', async () => {
  const { supervisor, paths } = start([await fakePart('a'), await fakePart('b', { behaviour: 'dies' })]);
  await supervisor.stop();
  expect(supervisor.parts().map(({ status }) => status.pid)).toEqual([undefined, undefined]);
  expect(paths.run).toBeDefined();
});

test('a part that comes after one that is not there is refused', async () => {
  const b = await fakePart('b', { after: ['a'] });
  expect(() => createSupervisor({ parts: [b], paths: folder(), log })).toThrow('b comes after a');
});
