import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programOf, prometheusCommand } from '../../../infra/prometheus/command.ts';
import { freePort } from '../../support/ports.ts';

export const noPrometheus =
  programOf('prometheus') === undefined
    ? 'there is no prometheus (apt-get install --no-install-recommends prometheus)'
    : undefined;

export interface TestPrometheus {
  /** The `data` of an answer of its API, such as `query?query=up`. @throws what it says is wrong. */
  ask<T>(path: string): Promise<T>;
  close(): Promise<void>;
}

/** Debian's Prometheus with the rules of infra/prometheus, which looks at a gateway every second. */
export async function startPrometheus(gatewayUrl: string, folder: string): Promise<TestPrometheus> {
  const address = `127.0.0.1:${await freePort()}`;
  const program = programOf('prometheus') ?? '';
  const [command = '', ...args] = prometheusCommand({ program, folder, gatewayUrl, address });
  const config = join(folder, 'prometheus.yml');
  const faster = readFileSync(config, 'utf8')
    .replace('scrape_interval: 10s', 'scrape_interval: 2s')
    .replace('scrape_timeout: 8s', 'scrape_timeout: 2s')
    .replace('evaluation_interval: 10s', 'evaluation_interval: 2s');
  writeFileSync(config, faster);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  return {
    async ask<T>(path: string) {
      const answer = await fetch(`http://${address}/api/v1/${path}`);
      const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string };
      if (status !== 'success') throw new Error(`${path}: ${error}`);
      return data;
    },
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
