import { resolve } from 'node:path';
import { definitions, type Settings } from '../../shared/config/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import { batchFlags } from '../node-flags.ts';
import type { Health, Part } from './part.ts';

const root = resolve(import.meta.dirname, '../..');

/**
 * A program of this project as a part: it gets the settings that it reads through its environment, and tells its health at
 * `/healthz` of `port`.
 *
 * @param detailOf one line of what an answer of `/healthz` says.
 */
export function ownPart(
  settings: Settings,
  {
    name,
    main,
    port,
    passedOn,
    env = {},
    after,
    stopTimeoutMs,
    heldAt,
    detailOf,
  }: Pick<Part, 'name' | 'after' | 'stopTimeoutMs' | 'heldAt'> & {
    /** Path from the checkout. */
    main: string;
    /** The setting of its port. */
    port: 'gatewayPort' | 'connectorPort' | 'autoscalerPort' | 'claimsPort';
    passedOn: readonly (keyof Settings)[];
    env?: Readonly<Record<string, string>>;
    detailOf: (answer: Response, address: string) => string | Promise<string>;
  },
): Part {
  const given = passedOn.flatMap((key) =>
    settings[key] === undefined ? [] : [[definitions[key].env, String(settings[key])]],
  );
  const address = `http://${settings.bindAddress}:${settings[port]}`;
  return {
    name,
    command: [process.execPath, ...batchFlags, main],
    cwd: root,
    env: { LOG_FORMAT: 'json', ...Object.fromEntries(given), ...env },
    ports: [{ port: settings[port], setting: definitions[port].env }],
    after,
    ...(stopTimeoutMs !== undefined && { stopTimeoutMs }),
    ...(heldAt !== undefined && { heldAt }),
    health: async (): Promise<Health> => {
      try {
        const answer = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(1500) });
        return { ok: answer.ok, detail: await detailOf(answer, address) };
      } catch (error) {
        return { ok: false, detail: `${address} does not answer: ${messageOf(error)}` };
      }
    },
  };
}
