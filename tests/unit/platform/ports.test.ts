import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { checkPorts, clashingPorts, holderOf } from '../../../infra/platform/ports.ts';
import { freePort } from '../../support/ports.ts';

test('a taken port is named with its holder and its setting', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    expect(await holderOf('127.0.0.1', port)).toContain(`(process ${process.pid})`);
    await expect(
      checkPorts('127.0.0.1', [{ name: 'kafka-1', ports: [{ port, setting: 'KAFKA_PORT' }] }]),
    ).rejects.toThrow(new RegExp(`port ${port} of kafka-1 is taken by .*process ${process.pid}.*KAFKA_PORT`));
  } finally {
    server.close();
  }
});

test('a free port has no holder', async () => {
  expect(await holderOf('127.0.0.1', await freePort())).toBeUndefined();
});

test('two settings that lead to one port', () => {
  const part = (name: string, port: number, setting: string) => ({ name, ports: [{ port, setting }] });
  expect(clashingPorts([part('a', 1, 'A'), part('b', 2, 'B'), part('c', 1, 'C')])).toEqual([
    'A and C both lead to port 1',
  ]);
});
