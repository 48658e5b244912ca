import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { SettingsError } from '../errors/index.ts';
import { definitions } from './settings.ts';

export { definitions } from './settings.ts';

type Read = { [K in keyof typeof definitions]: z.output<(typeof definitions)[K]['schema']> };
type Addresses = 'kafkaBootstrapServers' | 'mongodbUri' | 'clickhouseUrl' | 'gatewayUrl' | 'connectorUrls';

/** All settings, typed; addresses that were not given are those of the embedded engines, partitions follow from the engines. */
export type Settings = Omit<Read, Addresses | 'eventsPartitions'> & { [K in Addresses]: string } & {
  eventsPartitions: number;
};

/**
 * Reads every setting from the environment. A secret may also stand in the file named by `<NAME>_FILE`.
 * An empty value counts as absent.
 *
 * @throws SettingsError that names every bad setting and what it must be.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(definitions)) {
    let given: string | undefined;
    try {
      given = givenValue(definition.env, 'secret' in definition && definition.secret, env);
    } catch (error) {
      problems.push(String((error as Error).message));
      continue;
    }
    const result = definition.schema.safeParse(given);
    if (result.success) values[key] = result.data;
    else problems.push(`${definition.env}: ${result.error.issues.map((i) => i.message).join('; ')}`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  const read = values as Read;
  return {
    ...read,
    kafkaBootstrapServers:
      read.kafkaBootstrapServers ??
      Array.from({ length: read.kafkaBrokers }, (_, i) => `${read.bindAddress}:${read.kafkaPort + i}`).join(
        ',',
      ),
    mongodbUri: read.mongodbUri ?? `mongodb://${read.bindAddress}:${read.mongodbPort}`,
    clickhouseUrl: read.clickhouseUrl ?? `http://${read.bindAddress}:${read.clickhousePort}`,
    connectorUrls: read.connectorUrls ?? `http://${read.bindAddress}:${read.connectorPort}`,
    // Of 2, 3 and 6 on one machine of two processors, two were the quickest at 10,000 events/s (infra/connector/README.md).
    eventsPartitions: read.eventsPartitions ?? (read.engines === 'embedded' ? 2 : 6),
    gatewayUrl: read.gatewayUrl ?? `http://${read.bindAddress}:${read.gatewayPort}`,
  };
}

function givenValue(name: string, secret: boolean, env: NodeJS.ProcessEnv): string | undefined {
  if (env[name]) return env[name];
  const file = secret ? env[`${name}_FILE`] : undefined;
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${name}_FILE: cannot be read: ${(error as Error).message}`);
  }
}
