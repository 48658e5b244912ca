import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { projectRoot } from '../../../infra/platform/paths.ts';
import { freePorts } from '../../support/ports.ts';

/** A folder for a platform's state that is removed with it; what the checkout has downloaded is in it too. */
export function temporaryDataDir(name: string): string {
  const dataDir = mkdtempSync(join(tmpdir(), `event-pipeline-${name}-`));
  const downloads = resolve(projectRoot, '.pipeline', 'downloads');
  mkdirSync(downloads, { recursive: true });
  symlinkSync(downloads, join(dataDir, 'downloads'));
  return dataDir;
}

/** Settings of a platform of its own, beside any other that runs: free ports and a folder of its own. */
export async function chaosEnvironment({
  dataDir,
  brokers,
}: {
  dataDir: string;
  brokers: number;
}): Promise<NodeJS.ProcessEnv> {
  const names = [
    'MONGODB_PORT',
    'CLICKHOUSE_PORT',
    'GATEWAY_PORT',
    'CONNECTOR_PORT',
    'AUTOSCALER_PORT',
    'SUPERVISOR_PORT',
    'CLAIMS_PORT',
  ];
  // At once, so that none is found free twice; brokers number theirs on.
  const [kafka, ...others] = await freePorts(2 * brokers + names.length, { consecutive: true });
  const controller = others[brokers - 1];
  const ports = others.slice(2 * brokers - 1);
  const settings = Object.fromEntries(names.map((name, i) => [name, String(ports[i])]));
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATA_DIR: dataDir,
    // One more than the default: more is in flight when something is struck, and repeats lie across three.
    EVENTS_PARTITIONS: '3',
    KAFKA_BROKERS: String(brokers),
    KAFKA_PORT: String(kafka),
    KAFKA_CONTROLLER_PORT: String(controller),
    ...settings,
    // Named, because the gateway's address is that of a proxy.
    CLAIMS_URL: `http://127.0.0.1:${settings.CLAIMS_PORT}`,
  };
}
