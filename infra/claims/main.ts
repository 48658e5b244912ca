import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createCluster } from '../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../shared/clients/kafka-protocol/security.ts';
import { readSettings } from '../../shared/config/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { collectProcessMetrics } from '../../shared/metrics/index.ts';
import { lockFolder } from '../embedded/clickhouse/folder-lock.ts';
import { pathsOf } from '../platform/paths.ts';
import { openDuplicates } from './duplicates.ts';
import { horizonOf, keptMs, readWaiting } from './horizon.ts';
import { createKeeper } from './keeper.ts';
import { createKeeperMetrics } from './metrics.ts';
import { rebuild } from './rebuild.ts';
import { type Service, serve } from './server.ts';
import { createStore, openStore, type Store } from './store.ts';

/** Starts the keeper of claims: opens its folder, or makes it anew from `events_clean`, then answers until SIGTERM. */
const EXPIRE_EVERY_MS = 60_000;
const settings = readSettings(process.env);
const log = createLogger('claims');
collectProcessMetrics();
const metrics = createKeeperMetrics();
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());

const folder = join(pathsOf(settings).data, 'claims');
await lockFolder(folder);
const cluster = createCluster({
  bootstrapServers: settings.kafkaBootstrapServers,
  clientId: 'claims',
  connectionOptions: securityOptions(settings),
});

let state = 'opening';
const service: Service = {
  keeper: undefined,
  duplicates: openDuplicates(folder),
  state: () => state,
  onFailure(error) {
    // What is in memory may not be in the log: only a new start knows what holds.
    log.fatal({ err: messageOf(error) }, 'a claim could not be written');
    process.exit(1);
  },
};
const server = await serve(service, { port: settings.claimsPort, bindAddress: settings.bindAddress });
log.info({ port: server.port, folder }, 'keeper of claims is up');

const store = await untilOpen();
if (store !== undefined) {
  const keeper = createKeeper({ store, duplicates: service.duplicates, metrics });
  service.keeper = keeper;
  state = 'ready';
  metrics.ready.set(1);
  log.info({ claims: store.count() }, 'claims are answered');
  while (!stopping.signal.aborted) {
    await delay(EXPIRE_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    if (!stopping.signal.aborted) await expire(store, keeper.expire);
  }
}
log.info('keeper of claims stops');
await server.close();
await service.keeper?.close();
await cluster.close();
process.exit(0);

/** Undefined when told to stop first. */
async function untilOpen(): Promise<Store | undefined> {
  const path = join(folder, 'store');
  const opened = await openStore(path);
  if (opened !== undefined) return opened;
  while (!stopping.signal.aborted) {
    try {
      return await createStore(path, (empty) =>
        rebuild(cluster, empty, {
          rawTopic: settings.rawTopic,
          cleanTopic: settings.cleanTopic,
          onProgress: (records) => {
            state = `reading claims from ${settings.cleanTopic}: ${records} records so far`;
          },
        }),
      );
    } catch (error) {
      state = `claims cannot be read from ${settings.cleanTopic}: ${messageOf(error)}`;
      log.warn(state);
      await delay(1000, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }
  return undefined;
}

async function expire(open: Store, drop: (beforeMs: number) => Promise<void>): Promise<void> {
  try {
    const waiting = await readWaiting(cluster, settings.rawTopic);
    if (waiting !== undefined) await drop(horizonOf(waiting, open.newest() * 1000) - keptMs);
  } catch (error) {
    log.warn({ err: messageOf(error) }, 'old claims stay for now: Kafka does not tell how far it was read');
  }
}
