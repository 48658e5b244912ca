import { createGatewayClient, type FunctionStatus } from '../../shared/clients/gateway/index.ts';
import type { Settings } from '../../shared/config/index.ts';
import { readGatewayPassword } from '../gateway/password.ts';
import { readMetrics } from './gateway-metrics.ts';
import { colour } from './terminal/colour.ts';
import { bytes, type Cell } from './terminal/table.ts';

/** One row a deployed function: name, state, replicas, calls, memory. */
export async function functionRows(settings: Settings): Promise<{ rows: Cell[][]; allReady: boolean }> {
  const client = createGatewayClient({
    url: settings.gatewayUrl,
    user: settings.gatewayUser,
    password: readGatewayPassword(settings) ?? '',
    timeoutMs: 3000,
  });
  let functions: FunctionStatus[];
  try {
    functions = await client.listFunctions();
  } catch {
    return { rows: [], allReady: false };
  }
  const wanted = new Set(['process_resident_memory_bytes', 'gateway_function_invocation_total']);
  const samples = (await readMetrics(settings, (name) => wanted.has(name))) ?? [];
  const sum = (metric: string, name: string) =>
    samples
      .filter((sample) => sample.name === metric && nameOf(sample.labels.function_name) === name)
      .reduce((total, sample) => total + sample.value, 0);
  const ready = (f: FunctionStatus) => f.availableReplicas >= Math.min(1, f.replicas);
  /** Some start, or hang; the others go on. */
  const stateOf = (f: FunctionStatus) => {
    if (!ready(f)) return colour('red', 'not ready');
    return f.availableReplicas < f.replicas ? colour('yellow', 'partly') : colour('green', 'ready');
  };
  return {
    allReady: functions.every(ready),
    rows: functions.map((f) => [
      f.name,
      stateOf(f),
      `${f.availableReplicas}/${f.replicas}`,
      sum('gateway_function_invocation_total', f.name),
      bytes(sum('process_resident_memory_bytes', f.name)),
    ]),
  };
}

/** OpenFaaS labels a function as `name.namespace`. */
const nameOf = (label: string | undefined) => label?.replace(/\.openfaas-fn$/, '');
