import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../shared/errors/index.ts';
import { type Compose, type Container, openCompose } from './docker.ts';

/**
 * Starts every container, makes replica sets and shards, and waits until all are healthy. Changes nothing where they
 * run already.
 *
 * @throws PipelineError `DOCKER`, `COMPOSE`, or `UNHEALTHY` that names the containers that did not get healthy.
 */
export async function startCluster(
  settings: Settings,
  {
    onProgress,
    patienceMs = 300_000,
  }: { onProgress: (what: string, detail: string) => void; patienceMs?: number },
): Promise<void> {
  const compose = await openCompose(settings);
  await compose.show(['build', '--quiet', 'gateway']);
  // What waits for health beyond the configuration server is started once MongoDB's sets are made.
  await compose.show(['up', '--detach', '--no-build', '--remove-orphans']);
  await initialiseMongo(compose, { patienceMs, onProgress });
  await untilHealthy(compose, { patienceMs, onProgress });
}

/** Stops and removes the containers; the data stays in its volumes unless `volumes` is true. */
export async function stopCluster(settings: Settings, { volumes = false } = {}): Promise<boolean> {
  const compose = await openCompose(settings);
  const running = (await compose.containers()).length > 0;
  if (running || volumes) await compose.show(['down', '--remove-orphans', ...(volumes ? ['--volumes'] : [])]);
  return running;
}

/** Replica sets, then shards and users. Each script may be repeated, so it is, until its servers answer. */
async function initialiseMongo(
  compose: Compose,
  { patienceMs, onProgress }: { patienceMs: number; onProgress: (what: string, detail: string) => void },
): Promise<void> {
  const sets = (await compose.services()).filter((name) => /^mongo-(config|shard-\d+)-1$/.test(name));
  for (const [service, script] of [
    ...sets.map((name) => [name, 'init-replica-set.js'] as const),
    ['mongos', 'init-cluster.js'] as const,
  ]) {
    const said = await repeat(patienceMs, () =>
      compose.ask([
        'exec',
        '-T',
        service,
        'mongosh',
        '--quiet',
        '--norc',
        '--port',
        '27017',
        '--file',
        `/pipeline/${script}`,
      ]),
    );
    for (const line of said.split('\n').filter(Boolean)) onProgress('MongoDB', line);
  }
}

async function untilHealthy(
  compose: Compose,
  { patienceMs, onProgress }: { patienceMs: number; onProgress: (what: string, detail: string) => void },
): Promise<void> {
  const wanted = await compose.services();
  const shown = new Set<string>();
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const containers = await compose.containers();
    for (const container of containers.filter(isHealthy)) {
      if (shown.has(container.service) || !wanted.includes(container.service)) continue;
      shown.add(container.service);
      onProgress(container.service, container.status);
    }
    if (wanted.every((name) => shown.has(name))) return;
    if (Date.now() > deadline) {
      const missing = wanted.filter((name) => !shown.has(name));
      const states = missing.map(
        (name) => `${name} (${containers.find((c) => c.service === name)?.status ?? 'not there'})`,
      );
      throw new PipelineError(
        'UNHEALTHY',
        `not healthy after ${patienceMs / 1000} s: ${states.join(', ')}; see \`make logs\``,
      );
    }
    await delay(1000);
  }
}

/** Every service of docker-compose.yml has a health check. */
export const isHealthy = ({ state, status }: Container): boolean =>
  state === 'running' && status.includes('(healthy)');

async function repeat(patienceMs: number, work: () => Promise<string>): Promise<string> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw new PipelineError('MONGODB', messageOf(error), { cause: error });
      await delay(2000);
    }
  }
}

/** Every container of the project, running or not. */
export async function clusterContainers(settings: Settings): Promise<Container[]> {
  return (await openCompose(settings)).containers();
}

/** The containers' last lines, and what comes with `follow`. */
export async function showLogs(
  settings: Settings,
  { part, follow }: { part?: string | undefined; follow: boolean },
): Promise<void> {
  const compose = await openCompose(settings);
  await compose.show(['logs', '--tail', '30', ...(follow ? ['--follow'] : []), ...(part ? [part] : [])]);
}
