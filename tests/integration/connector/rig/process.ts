import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { freePort } from '../../../support/ports.ts';

export interface ConnectorProcess {
  readonly pid: number;
  readonly port: number;
  signal(signal: NodeJS.Signals): void;
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  alive(): boolean;
}

const root = resolve(import.meta.dirname, '../../../..');

/** A connector as a process of its own, to be killed. `CONNECTOR_TEST_LOGFILE` collects its log. */
export async function spawnConnector(options: {
  bootstrapServers: string;
  gatewayUrl: string;
  deadLetterTopic: string;
  instanceId?: string;
  sessionTimeoutMs?: number;
  upstreamTimeoutMs?: number;
}): Promise<ConnectorProcess> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['infra/connector/main.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      LOG_FORMAT: 'json',
      LOG_LEVEL: process.env.CONNECTOR_TEST_LOG ?? 'info',
      KAFKA_BOOTSTRAP_SERVERS: options.bootstrapServers,
      GATEWAY_URL: options.gatewayUrl,
      EVENTS_DLQ_TOPIC: options.deadLetterTopic,
      CONNECTOR_PORT: String(port),
      REBUILD_INTERVAL_MS: '300',
      UPSTREAM_TIMEOUT_MS: String(options.upstreamTimeoutMs ?? 3000),
      CONNECTOR_SESSION_TIMEOUT_MS: String(options.sessionTimeoutMs ?? 6000),
      ...(options.instanceId && { CONNECTOR_INSTANCE_ID: options.instanceId }),
    },
  });
  const logFile = process.env.CONNECTOR_TEST_LOGFILE;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => logFile && appendFileSync(logFile, data));
  }
  await once(child, 'spawn');
  const exited = once(child, 'exit');
  return {
    pid: child.pid as number,
    port,
    alive: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code as number | null;
    },
  };
}
