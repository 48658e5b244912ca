import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { definitions, readSettings, type Settings } from '../../shared/config/index.ts';
import { hostAddresses } from '../compose/addresses.ts';
import { ensureSecrets } from '../compose/secrets.ts';
import { projectRoot } from './paths.ts';

/**
 * The settings of the platform that belongs to this checkout: those of the environment, the data folder as an
 * absolute path, and every part that has metrics named to the gateway. With ENGINES=compose addresses and passwords
 * are those of the containers.
 *
 * @throws SettingsError as `readSettings`.
 */
export function platformSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const read = readSettings(env);
  const settings = { ...read, dataDir: resolve(projectRoot, read.dataDir) };
  if (settings.engines === 'compose') return ofCompose(settings);
  return { ...settings, metricsTargets: settings.metricsTargets ?? metricsTargets(settings) };
}

/** Addresses and generated passwords of the containers. */
function ofCompose(settings: Settings): Settings {
  const secrets = ensureSecrets(settings.dataDir);
  return {
    ...settings,
    ...hostAddresses(settings, secrets),
    gatewayPassword: secrets['gateway-password'],
  };
}

/** Parts whose metrics the gateway's `/metrics` carries, as `part=URL` separated by commas. */
function metricsTargets(settings: Settings): string {
  const on = (port: number) => `http://${settings.bindAddress}:${port}/metrics`;
  const targets = [
    `connector=${on(settings.connectorPort)}`,
    `autoscaler=${on(settings.autoscalerPort)}`,
    `supervisor=${on(settings.supervisorPort)}`,
  ];
  if (settings.claims) targets.push(`claims=${on(settings.claimsPort)}`);
  if (settings.engines === 'embedded') targets.push(`clickhouse=${on(settings.clickhousePort)}`);
  return targets.join(',');
}

/** Of no interest to a part: what commands alone use, and what topics and functions take over while all runs. */
const ofNoPart: ReadonlySet<string> = new Set([
  'rate',
  'duration',
  'logFormat',
  'prometheusPort',
  'eventsPartitions',
  'retentionDays',
  'clickhouseUrl',
  'clickhouseInsertQuorum',
  'categoriesFile',
  'ingestKeys',
  'queryKeys',
  'corsOrigins',
]);

/**
 * Each setting by its variable's name with a fingerprint of its value: enough to say which ones a running
 * platform was started with otherwise, without telling a secret.
 */
export function settingFingerprints(settings: Settings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(definitions)
      .filter(([key]) => !ofNoPart.has(key))
      .map(([key, { env }]) => {
        const value = JSON.stringify(settings[key as keyof Settings] ?? null);
        return [env, createHash('sha256').update(value).digest('hex').slice(0, 16)];
      }),
  );
}

/** Names of the settings that differ between two sets of fingerprints; those that only one version knows do not count. */
export function differingSettings(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(a).filter((name) => name in b && a[name] !== b[name]);
}
