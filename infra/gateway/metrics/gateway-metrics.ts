import { counter, gauge, histogram } from '../../../shared/metrics/index.ts';

/** The gateway's own metrics, under OpenFaaS's names. */
export function createGatewayMetrics() {
  const invocations = counter({
    name: 'gateway_function_invocation_total',
    help: 'Calls of functions, by status code',
    labels: ['function_name', 'code'],
  });
  const seconds = histogram({
    name: 'gateway_functions_seconds',
    help: 'Time from a call to its whole answer',
    labels: ['function_name'],
  });
  const replicas = gauge({
    name: 'gateway_service_count',
    help: 'Replicas that take calls',
    labels: ['function_name'],
  });
  const wanted = gauge({
    name: 'gateway_service_target',
    help: 'Replicas that are wanted',
    labels: ['function_name'],
  });
  const cronRuns = counter({
    name: 'gateway_cron_runs_total',
    help: 'Runs by the clock: ok, failed, skipped (the one before was under way), missed (the gateway was down)',
    labels: ['function_name', 'outcome'],
  });
  const asyncCalls = counter({
    name: 'gateway_async_calls_total',
    help: 'Queued calls that ended: ok, failed (not to be made again), gave-up (made as often as allowed)',
    labels: ['function_name', 'outcome'],
  });
  const asyncDepth = gauge({
    name: 'gateway_async_queue_depth',
    help: 'Queued calls that wait or are under way',
  });
  return {
    countAsyncCall: (functionName: string, outcome: string) =>
      asyncCalls.inc({ function_name: functionName, outcome }),
    setAsyncDepth: (depth: number | undefined) => asyncDepth.set(depth ?? Number.NaN),
    countCronRuns: (functionName: string, outcome: string, runs: number) =>
      cronRuns.inc({ function_name: functionName, outcome }, runs),
    observe: ({
      functionName,
      status,
      seconds: took,
    }: {
      functionName: string;
      status: number;
      seconds: number;
    }) => {
      invocations.inc({ function_name: functionName, code: status });
      seconds.observe({ function_name: functionName }, took);
    },
    /** Sets the gauges; functions that are gone vanish from them. */
    setReplicas: (functions: readonly { name: string; available: number; desired: number }[]) => {
      replicas.reset();
      wanted.reset();
      for (const { name, available, desired } of functions) {
        replicas.set({ function_name: name }, available);
        wanted.set({ function_name: name }, desired);
      }
    },
  };
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;
