import type { Logger } from '../../../shared/log/index.ts';
import { parseDuration } from '../../connector/functions/units.ts';
import type { DeployedFunction } from './deployed-function.ts';
import type { FunctionDeployment } from './deployment.ts';

const usualIdleMs = 15 * 60_000;

/**
 * After how long without a call a function is scaled to zero, by OpenFaaS's labels `com.openfaas.scale.zero: "true"`
 * and `com.openfaas.scale.zero-duration` (15m); undefined: never.
 */
export function idleLimitMs({ labels }: Pick<FunctionDeployment, 'labels'>): number | undefined {
  if (labels?.['com.openfaas.scale.zero'] !== 'true') return undefined;
  return parseDuration(labels['com.openfaas.scale.zero-duration'] ?? '') ?? usualIdleMs;
}

/** Scales idle functions to zero; a call wakes them. The returned function ends the watch. */
export function watchIdle({
  functions,
  scaleToZero,
  log,
  intervalMs = 5000,
}: {
  functions: () => readonly DeployedFunction[];
  scaleToZero: (name: string) => void;
  log: Logger;
  intervalMs?: number;
}): () => void {
  const timer = setInterval(() => {
    for (const deployed of functions()) {
      const limitMs = idleLimitMs(deployed.deployment);
      if (limitMs === undefined || deployed.desired === 0) continue;
      if (deployed.replicas.some((replica) => replica.inFlight > 0)) continue;
      if (Date.now() - deployed.lastCallAtMs < limitMs) continue;
      log.info({ function: deployed.deployment.service }, 'idle: scaled to zero until the next call');
      scaleToZero(deployed.deployment.service);
    }
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
