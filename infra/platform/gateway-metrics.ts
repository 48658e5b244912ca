import type { Settings } from '../../shared/config/index.ts';
import { parseMetrics, type Sample } from '../../shared/metrics/parse.ts';

/**
 * The samples of the gateway's `/metrics`, which carries those of every part and function; undefined while it
 * does not answer.
 */
export async function readMetrics(
  { gatewayUrl }: Pick<Settings, 'gatewayUrl'>,
  wanted: (name: string) => boolean = () => true,
): Promise<Sample[] | undefined> {
  try {
    const response = await fetch(`${gatewayUrl}/metrics`, { signal: AbortSignal.timeout(5000) });
    if (!response.ok) return undefined;
    return parseMetrics(await response.text(), wanted);
  } catch {
    return undefined;
  }
}
