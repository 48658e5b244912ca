import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../../../shared/errors/index.ts';
import type { GatewayClient } from './client.ts';
import { fingerprintAnnotation } from './fingerprint.ts';
import type { Stack } from './stack-file.ts';

/**
 * Deploys every function of a stack and waits until each takes calls. One whose fingerprint is that of what is
 * deployed already is left as it is.
 *
 * @param secrets written first; those that are there are replaced when `replaceSecrets` is true.
 * @throws PipelineError that names every function that could not be deployed or does not get ready in time.
 */
export async function deployStack({
  client,
  stack,
  secrets = {},
  replaceSecrets = false,
  timeoutMs = 60_000,
  onProgress = () => {},
}: {
  client: GatewayClient;
  stack: Stack;
  secrets?: Readonly<Record<string, string>>;
  replaceSecrets?: boolean;
  timeoutMs?: number;
  onProgress?: (line: string) => void;
}): Promise<void> {
  for (const [name, value] of Object.entries(secrets)) {
    await client.writeSecret(name, value, { replace: replaceSecrets });
  }
  const failed: string[] = [];
  const waiting = new Set<string>();
  const deployed = new Map(
    (await client.list()).map((f) => [f.name, f.annotations?.[fingerprintAnnotation]]),
  );
  for (const deployment of stack.deployments) {
    const name = deployment.service;
    const fingerprint = deployment.annotations?.[fingerprintAnnotation];
    const unchanged = fingerprint !== undefined && fingerprint === deployed.get(name);
    try {
      onProgress(`${name}: ${unchanged ? 'unchanged' : await client.apply(deployment)}`);
      waiting.add(name);
    } catch (error) {
      failed.push(`${name}: ${(error as Error).message}`);
    }
  }
  const deadline = Date.now() + timeoutMs;
  while (waiting.size > 0 && Date.now() < deadline) {
    const ready = (await client.list()).filter(
      (f) => (f.updatedReplicas ?? f.availableReplicas ?? 0) > 0 || f.replicas === 0,
    );
    for (const { name } of ready) if (waiting.delete(name)) onProgress(`${name}: ready`);
    if (waiting.size > 0) await delay(100);
  }
  for (const name of waiting) failed.push(`${name}: not ready after ${timeoutMs / 1000} s; look at its log`);
  if (failed.length > 0) {
    throw new PipelineError(
      'DEPLOY',
      `not every function is deployed:\n${failed.map((f) => `  - ${f}`).join('\n')}`,
    );
  }
}
