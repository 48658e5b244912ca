import { resolve } from 'node:path';
import { definitions, type Settings } from '../../shared/config/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import type { Part } from '../platform/part.ts';

const passedOn = [
  'bindAddress',
  'logLevel',
  'gatewayUrl',
  'gatewayUser',
  'gatewayPassword',
  'connectorUrls',
  'autoscalerPort',
  'dlqTopic',
] as const satisfies (keyof Settings)[];

/** The autoscaler as a part of the platform. */
export function autoscalerPart(settings: Settings): Part {
  const env: Record<string, string> = { LOG_FORMAT: 'json' };
  for (const key of passedOn) {
    const value = settings[key];
    if (value !== undefined) env[definitions[key].env] = String(value);
  }
  const address = `http://${settings.bindAddress}:${settings.autoscalerPort}`;
  return {
    name: 'autoscaler',
    command: [process.execPath, 'infra/autoscaler/index.ts'],
    cwd: resolve(import.meta.dirname, '../..'),
    env,
    ports: [{ port: settings.autoscalerPort, setting: 'AUTOSCALER_PORT' }],
    // Not after the connector: without its readings it waits.
    after: ['gateway'],
    health: async () => {
      try {
        const answer = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(1500) });
        return { ok: answer.ok, detail: answer.ok ? address : (await answer.text()).trim() };
      } catch (error) {
        return { ok: false, detail: `${address} does not answer: ${messageOf(error)}` };
      }
    },
  };
}
