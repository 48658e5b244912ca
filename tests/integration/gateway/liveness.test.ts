import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { watchLiveness } from '../../../infra/gateway/provider/liveness.ts';
import { startReplica } from '../../../infra/gateway/provider/replica.ts';
import { eventually } from '../../support/eventually.ts';

test('a frozen replica is killed, one that answers is not', async () => {
  const ends: string[] = [];
  const start = (id: string) =>
    startReplica({
      id,
      generation: 1,
      program: resolve('template/node24-batch/index.ts'),
      cwd: process.cwd(),
      env: {
        PATH: process.env.PATH ?? '',
        FUNCTION_HANDLER: resolve('tests/fixtures/functions/echo/handler.ts'),
        PORT: '0',
      },
      heapLimitMiB: undefined,
      onLine: () => {},
      onReady: () => {},
      onEnd: ({ detail }) => ends.push(`${id}: ${detail}`),
    });
  const replicas = [start('frozen'), start('well')] as const;
  await eventually(() => expect(replicas.map((r) => r.state)).toEqual(['ready', 'ready']));
  const endWatch = watchLiveness({
    replicas: () => replicas,
    log: pino({ level: 'silent' }),
    intervalMs: 100,
    timeoutMs: 500,
    failures: 3,
  });
  process.kill(replicas[0].pid as number, 'SIGSTOP');
  await eventually(() => expect(ends).toEqual(['frozen: SIGKILL']));
  expect(replicas[1].state).toBe('ready');
  endWatch();
  await replicas[1].drain(5000);
}, 30_000);
