import type { Settings } from '../../shared/config/index.ts';
import { createGatewayClient } from '../gateway/deploy/client.ts';
import { readGatewayPassword } from '../gateway/password.ts';
import { readMetrics } from './gateway-metrics.ts';
import { colour } from './terminal/colour.ts';
import { bytes, type Cell } from './terminal/table.ts';

/** One row a deployed function: name, state, replicas, calls, memory. */
export async function functionRows(settings: Settings): Promise<{ rows: Cell[][]; allReady: boolean }> {
  const client = createGatewayClient({
    url: settings.gatewayUrl,
    user: settings.gatewayUser,
    password: readGatewayPassword(settings),
  });
  let functions: Awaited<ReturnType<typeof client.list>>;
  try {
    functions = await client.list();
  } catch {
    return { rows: [], allReady: false };
  }
  const wanted = new Set(['process_resident_memory_bytes', 'gateway_function_invocation_total']);
  const samples = (await readMetrics(settings, (name) => wanted.has(name))) ?? [];
  const sum = (metric: string, name: string) =>
    samples
      .filter((sample) => sample.name === metric && nameOf(sample.labels.function_name) === name)
      .reduce((total, sample) => total + sample.value, 0);
  const ready = (f: (typeof functions)[number]) => (f.availableReplicas ?? 0) >= Math.min(1, f.replicas ?? 1);
  return {
    allReady: functions.every(ready),
    rows: functions.map((f) => [
      f.name,
      ready(f) ? colour('green', 'ready') : colour('red', 'not ready'),
      `${f.availableReplicas ?? 0}/${f.replicas ?? 0}`,
      sum('gateway_function_invocation_total', f.name),
      bytes(sum('process_resident_memory_bytes', f.name)),
    ]),
  };
}

/** OpenFaaS labels a function as `name.namespace`. */
const nameOf = (label: string | undefined) => label?.replace(/\.openfaas-fn$/, '');
