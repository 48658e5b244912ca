import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';

export const password = 'a password';

export interface TestGateway {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** A request to the gateway, with credentials for /system. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** POST /system/functions with a fixture function, and waits until it takes calls. */
  deploy(service: string, more?: Record<string, unknown>): Promise<void>;
  status(name: string): Promise<Status>;
  waitForReplicas(name: string, count: number): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Status {
  name: string;
  image: string;
  replicas: number;
  availableReplicas: number;
  updatedReplicas: number;
  invocationCount: number;
  [field: string]: unknown;
}

/** A gateway process of its own with the fixture functions, on a free port and in a fresh folder. */
export async function startGateway(env: Record<string, string> = {}): Promise<TestGateway> {
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), 'gateway-'));
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess;

  async function start(): Promise<void> {
    child = spawn(resolve('node_modules/.bin/node'), ['infra/gateway/index.ts'], {
      env: {
        PATH: process.env.PATH ?? '',
        DATA_DIR: dataDir,
        GATEWAY_PORT: String(port),
        GATEWAY_PASSWORD: password,
        FUNCTIONS_DIR: 'tests/fixtures/functions',
        LOG_FORMAT: 'json',
        // No Kafka unless a suite gives one: another platform's queue is not ours to work off.
        KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(join(dataDir, 'gateway.log'), { flags: 'a' });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`the gateway ended; see ${dataDir}/gateway.log`);
      if (!(await fetch(`${url}/healthz`)).ok) throw new Error('not ready');
    });
  }

  async function kill(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(url + path, {
      ...init,
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
        ...(init.headers as Record<string, string>),
      },
    });
  const status = async (name: string) => (await (await ask(`/system/function/${name}`)).json()) as Status;
  const waitForReplicas = async (name: string, count: number) => {
    await eventually(async () => {
      const { availableReplicas } = await status(name);
      if (availableReplicas !== count) throw new Error(`${name} has ${availableReplicas} replicas`);
    });
  };

  await start();
  return {
    url,
    port,
    dataDir,
    get pid() {
      return child.pid as number;
    },
    ask,
    status,
    waitForReplicas,
    deploy: async (service, more = {}) => {
      const answer = await ask('/system/functions', {
        method: 'POST',
        body: JSON.stringify({ service, image: `test/${service}:latest`, ...more }),
      });
      if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
      await waitForReplicas(service, 1);
    },
    kill,
    restart: start,
    stop: async () => {
      await kill('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
