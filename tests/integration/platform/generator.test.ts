import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { generatorPart, rememberGenerator } from '../../../infra/platform/generator/part.ts';
import { pathsOf } from '../../../infra/platform/paths.ts';
import { createSupervisor, type Supervisor } from '../../../infra/platform/supervisor/supervisor.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { eventually } from '../../support/eventually.ts';

// A slice of a run lasts: for as long nothing comes from the generator, and it is well all the same.
const gateway = createServer(() => {});
const dataDir = mkdtempSync(join(tmpdir(), 'generator-'));
const run = { runId: 'live-1', rate: 5 };
let supervisor: Supervisor;

beforeAll(async () => {
  await once(gateway.listen(0, '127.0.0.1'), 'listening');
  const { port } = gateway.address() as AddressInfo;
  const settings = readSettings({ DATA_DIR: dataDir, GATEWAY_URL: `http://127.0.0.1:${port}` });
  const paths = pathsOf(settings);
  rememberGenerator(paths, run);
  supervisor = createSupervisor({
    parts: [{ ...generatorPart({ settings, run }), after: [] }],
    paths,
    log: pino({ enabled: false }),
    watch: { healthIntervalMs: 50, hungAfterMs: 60_000, loopingAfterMs: 60_000, readyTimeoutMs: 60_000 },
  });
  supervisor.start();
});
afterAll(async () => {
  await supervisor.stop();
  gateway.closeAllConnections();
  gateway.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const status = () => supervisor.parts()[0]?.status;

test('a frozen generator is unhealthy, and well again when it goes on', async () => {
  const well = { state: 'ready', detail: 'run live-1, 5 events/s' };
  await eventually(() => expect(status()).toMatchObject(well));
  process.kill(status()?.pid as number, 'SIGSTOP');
  await eventually(() =>
    expect(status()).toMatchObject({
      state: 'unhealthy',
      detail: 'run live-1, 5 events/s: no sign of life for 4 s',
    }),
  );
  process.kill(status()?.pid as number, 'SIGCONT');
  await eventually(() => expect(status()).toMatchObject(well));
});
