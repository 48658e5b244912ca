import { createLogger } from '../../shared/log/index.ts';
import { collectProcessMetrics } from '../../shared/metrics/index.ts';
import { createTracer } from '../../shared/trace/index.ts';
import { createFunctionServer, type Handler } from './server.ts';
import type { WrapperSettings } from './settings.ts';

/** What a function's handler.ts exports. */
export interface FunctionModule {
  handler?: Handler;
  /** True when the handler knows nothing but batches; any other call is then answered 400. */
  onlyBatches?: boolean;
  /**
   * True when the handler takes keys and values of records as bytes (`bytesOf` reads both forms): the connector then
   * sends batches in the compact form, at a fraction of the cost.
   */
  takesBytes?: boolean;
  /** Called once, when all calls are done and the process is about to end. */
  close?: () => Promise<void>;
}

/** Serves one function over HTTP until SIGTERM, then stops gracefully. */
export async function run(module: FunctionModule, settings: WrapperSettings): Promise<void> {
  const log = createLogger(settings.functionName);
  collectProcessMetrics();
  if (typeof module.handler !== 'function') {
    log.fatal(
      { function: settings.functionName },
      `${settings.handlerPath} exports no function named handler`,
    );
    process.exit(1);
  }
  const tracer = createTracer({
    endpoint: settings.otlpEndpoint,
    serviceName: settings.functionName,
    sampleRatio: settings.traceSampleRatio,
  });
  const server = createFunctionServer({
    ...settings,
    handler: module.handler,
    onlyBatches: module.onlyBatches === true,
    takesBytes: module.takesBytes === true,
    log,
    tracer,
  });
  const port = await server.listen(settings.port, settings.bindAddress);
  log.info({ function: settings.functionName, port }, 'ready');

  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await server.stop({ lingerMs: settings.lingerMs, graceMs: settings.stopGraceMs });
    await module.close?.();
    await tracer?.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());

  if (process.send !== undefined) {
    // A gateway that died cannot stop its replicas, and the next one starts its own.
    process.on('disconnect', () => process.exit(0));
    process.send({ type: 'listening', port });
  }
}
