import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { watchLiveness } from '../../../infra/gateway/provider/liveness.ts';
import { startReplica } from '../../../infra/gateway/provider/replica.ts';
import { eventually } from '../../support/eventually.ts';

test('a frozen replica is killed; one that answers, or is busy, is not', async () => {
  const ends: string[] = [];
  const start = (id: string, fixture: string) =>
    startReplica({
      id,
      generation: 1,
      program: resolve('template/node24-batch/index.ts'),
      cwd: process.cwd(),
      env: {
        PATH: process.env.PATH ?? '',
        FUNCTION_HANDLER: resolve(`tests/fixtures/functions/${fixture}/handler.ts`),
        PORT: '0',
      },
      heapLimitMiB: undefined,
      onLine: () => {},
      onReady: () => {},
      onEnd: ({ detail }) => ends.push(`${id}: ${detail}`),
    });
  const replicas = [start('frozen', 'echo'), start('well', 'echo'), start('busy', 'busy')] as const;
  await eventually(() => expect(replicas.map((r) => r.state)).toEqual(['ready', 'ready', 'ready']));
  const endWatch = watchLiveness({
    replicas: () => replicas,
    log: pino({ level: 'silent' }),
    intervalMs: 100,
    timeoutMs: 500,
    frozenAfter: 3,
    loopingAfter: 1000,
  });
  process.kill(replicas[0].pid as number, 'SIGSTOP');
  const working = fetch(`http://127.0.0.1:${replicas[2].port}/?ms=6000`);
  await eventually(() => expect(replicas[0].answers).toBe(false));
  expect(replicas[1].answers).toBe(true);
  await eventually(() => expect(ends).toEqual(['frozen: SIGKILL']));
  expect((await working).status).toBe(200);
  expect(replicas.map((r) => r.state)).toEqual(['ended', 'ready', 'ready']);

  endWatch();
  const endSecondWatch = watchLiveness({
    replicas: () => replicas,
    log: pino({ level: 'silent' }),
    intervalMs: 100,
    timeoutMs: 500,
    loopingAfter: 4,
  });
  fetch(`http://127.0.0.1:${replicas[2].port}/?ms=600000`).catch(() => {});
  await eventually(() => expect(ends).toEqual(['frozen: SIGKILL', 'busy: SIGKILL']), { timeoutMs: 30_000 });
  endSecondWatch();
  await replicas[1].drain(5000);
}, 120_000);
