import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLogger } from '../../shared/log/index.ts';
import { collectProcessMetrics } from '../../shared/metrics/index.ts';
import { createFunctionServer, type Handler } from './server.ts';
import { readWrapperSettings } from './settings.ts';

/**
 * Runs one function: imports its handler, serves it over HTTP, and stops gracefully on SIGTERM.
 * Locally the gateway starts this file; in an image the watchdog starts it, bundled with the handler.
 */
const settings = readWrapperSettings(process.env);
const log = createLogger(settings.functionName);
collectProcessMetrics();

const module = (await import(pathToFileURL(resolve(settings.handlerPath)).href)) as {
  handler?: Handler;
  close?: () => Promise<void>;
};
if (typeof module.handler !== 'function') {
  log.fatal({ function: settings.functionName }, `${settings.handlerPath} exports no function named handler`);
  process.exit(1);
}

const server = createFunctionServer({ ...settings, handler: module.handler, log });
const port = await server.listen(settings.port, settings.bindAddress);
log.info({ function: settings.functionName, port }, 'ready');

let stopped = false;
async function stop(): Promise<void> {
  if (stopped) return;
  stopped = true;
  await server.stop(settings.stopGraceMs);
  await module.close?.();
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());

if (process.send !== undefined) {
  // A gateway that died cannot stop its replicas, and the next one starts its own.
  process.on('disconnect', () => process.exit(0));
  process.send({ type: 'listening', port });
}
