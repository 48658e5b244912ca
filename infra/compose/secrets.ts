import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One file each; the containers see those that they are given under /run/secrets. */
export const secretNames = [
  'mongodb-keyfile',
  'mongodb-root-password',
  'mongodb-pipeline-password',
  'clickhouse-password',
  'clickhouse-pipeline-password',
  'clickhouse-readonly-password',
  'clickhouse-cluster-secret',
  'gateway-password',
  'grafana-password',
] as const;

export type SecretName = (typeof secretNames)[number];
export type Secrets = Readonly<Record<SecretName, string>>;

/** The folder of these files below the platform's data folder. */
export const secretsFolder = (dataDir: string): string => join(dataDir, 'secrets', 'compose');

/**
 * Reads every secret and makes those that are missing. Only this user can enter the folder; the files are readable,
 * because the servers in the containers run as users of their own.
 */
export function ensureSecrets(dataDir: string): Secrets {
  const folder = secretsFolder(dataDir);
  return Object.fromEntries(
    secretNames.map((name) => [name, readOrMake(folder, name, () => randomBytes(32).toString('base64url'))]),
  ) as Secrets;
}

/** Kafka's id of this cluster. It is part of every batch id, so data made anew needs another one. */
export function ensureClusterId(dataDir: string): string {
  return readOrMake(secretsFolder(dataDir), 'kafka-cluster-id', () => {
    // Kafka's tools take a value that begins with a dash for an option.
    const id = randomBytes(16).toString('base64url');
    return id.startsWith('-') ? `A${id.slice(1)}` : id;
  });
}

function readOrMake(folder: string, name: string, make: () => string): string {
  const file = join(folder, name);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
    // Renamed into place: a container never starts with half a password.
    writeFileSync(`${file}.new`, make());
    chmodSync(`${file}.new`, 0o444);
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8').trim();
}
