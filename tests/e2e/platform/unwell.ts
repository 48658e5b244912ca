import type { ConsoleState } from '../../../infra/gateway/console/state.ts';
import { streamed } from '../../integration/console/stream.ts';
import { scrape } from './scrape.ts';

/** Parts and functions that `make status` shows as anything but well, by name. */
export function unwellInStatus(output: string): string[] {
  const rows = output.matchAll(/^(\S+) +(?:unhealthy|restarting|not ready|partly)\b/gm);
  return [...rows].map(([, name = '']) => name).sort();
}

/** Parts and functions that a metrics page says are down. */
export async function downInMetrics(url: string): Promise<string[]> {
  const down = (await scrape(url)).filter(({ name, value }) => /^(part_)?up$/.test(name) && value === 0);
  return [...new Set(down.map(({ labels }) => labels.part ?? labels.function_name ?? ''))].sort();
}

/** Parts that a viewer of the console is told are down, and functions that lack replicas. */
export async function downInConsole(url: string, password: string): Promise<string[]> {
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  const ask = (path: string) => fetch(`${url}${path}`, { headers: { authorization } });
  // The first state is as old as the last time that somebody looked.
  const messages = await streamed({ ask }, 3);
  const state = messages.findLast(({ event }) => event === 'state')?.data as ConsoleState;
  const down = state.parts.filter(({ up }) => !up);
  const lacking = state.functions.filter(({ available, desired }) => available < desired);
  return [...down, ...lacking].map(({ name }) => name).sort();
}
