import { join } from 'node:path';
import type { Part } from '../../../infra/platform/part.ts';
import { freePort } from '../../support/ports.ts';

const program = join(import.meta.dirname, 'fake-server.mjs');

/**
 * A small server that stands for an engine: it answers `/` once it is up. `behaviour`: `dies` ends at once, `hangs`
 * stops answering when asked `/hang`, `ends` ends well after a moment.
 */
export async function fakePart(
  name: string,
  options: Partial<Part> & { behaviour?: string } = {},
): Promise<Part> {
  const { behaviour = '', ...part } = options;
  const port = await freePort();
  const health = async () => {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(500) });
      return { ok: answer.ok, detail: await answer.text() };
    } catch {
      return { ok: false, detail: 'no answer' };
    }
  };
  return {
    name,
    command: [process.execPath, program, String(port), behaviour],
    env: {},
    ports: [{ port, setting: `${name.toUpperCase()}_PORT` }],
    health,
    after: [],
    stopTimeoutMs: 2000,
    ...part,
  };
}

/** Address of a fake part. */
export const addressOf = (part: Part): string => `http://127.0.0.1:${part.ports[0]?.port}`;
