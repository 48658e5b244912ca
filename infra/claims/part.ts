import { resolve } from 'node:path';
import { definitions, type Settings } from '../../shared/config/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import type { Part } from '../platform/part.ts';

const passedOn = [
  'bindAddress',
  'logLevel',
  'dataDir',
  'kafkaBootstrapServers',
  'kafkaTls',
  'kafkaTlsCaFile',
  'kafkaSaslMechanism',
  'kafkaUsername',
  'kafkaPassword',
  'rawTopic',
  'cleanTopic',
  'claimsPort',
] as const satisfies (keyof Settings)[];

/** Where the keeper of this platform answers. */
export const keeperUrl = ({
  bindAddress,
  claimsPort,
}: Pick<Settings, 'bindAddress' | 'claimsPort'>): string => `http://${bindAddress}:${claimsPort}`;

/** The keeper of claims as a part of the platform. */
export function claimsPart(settings: Settings): Part {
  const env: Record<string, string> = { LOG_FORMAT: 'json' };
  for (const key of passedOn) {
    const value = settings[key];
    if (value !== undefined) env[definitions[key].env] = String(value);
  }
  const address = keeperUrl(settings);
  return {
    name: 'claims',
    command: [process.execPath, 'infra/claims/main.ts'],
    cwd: resolve(import.meta.dirname, '../..'),
    env,
    ports: [{ port: settings.claimsPort, setting: 'CLAIMS_PORT' }],
    after: [],
    health: async () => {
      try {
        const answer = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(1500) });
        const { ready, state } = (await answer.json()) as { ready: boolean; state: string };
        // Reading its claims anew may take long; meanwhile events wait, and nothing is wrong with the process.
        return { ok: answer.ok, detail: ready ? address : state };
      } catch (error) {
        return { ok: false, detail: `${address} does not answer: ${messageOf(error)}` };
      }
    },
  };
}
