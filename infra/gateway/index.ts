import { resolve } from 'node:path';
import { createAcknowledgedProducer, createKafka } from '../../shared/clients/kafka/index.ts';
import { createCluster } from '../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../shared/clients/kafka-protocol/security.ts';
import { definitions, readSettings } from '../../shared/config/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { collectProcessMetrics } from '../../shared/metrics/index.ts';
import { createAsyncCaller } from './async/accept.ts';
import { createAsyncQueue } from './async/queue.ts';
import { createWorker } from './async/worker.ts';
import { createConsole } from './console/console.ts';
import { createDeadLetterActions } from './console/dead-letters/actions.ts';
import { createDeadLetterReader } from './console/dead-letters/reader.ts';
import { callByClock, schedulesOf } from './cron/call.ts';
import { createCron } from './cron/cron.ts';
import { createGateway } from './gateway.ts';
import { basicAuth } from './http/auth.ts';
import { createLogStore } from './logs/log-store.ts';
import { createMetricsCollector, readTargets } from './metrics/collect.ts';
import { createGatewayMetrics } from './metrics/gateway-metrics.ts';
import { ensureGatewayPassword } from './password.ts';
import { namespace } from './provider/deployment.ts';
import { watchIdle } from './provider/idle.ts';
import { watchLiveness } from './provider/liveness.ts';
import { createProvider } from './provider/provider.ts';
import { createSecretStore } from './provider/secrets.ts';
import { createCaller } from './proxy/call.ts';

/** Starts the gateway and stops it on SIGTERM: no more calls, those in flight are finished, then the replicas go. */
const settings = readSettings(process.env);
const log = createLogger('gateway');
const root = resolve(import.meta.dirname, '../..');
const data = resolve(settings.dataDir);
collectProcessMetrics();

/** Below what the queue's topic takes in one record. */
const maxQueuedBodyBytes = 10 * 1024 * 1024;

const logs = createLogStore({ folder: resolve(data, 'logs/functions') });
const secrets = createSecretStore({
  folder: resolve(data, 'secrets/functions'),
  mountsFolder: resolve(data, 'secrets/mounts'),
});
const provider = createProvider({
  root,
  functionsDir: resolve(root, settings.functionsDir),
  stateFile: resolve(data, 'data/gateway/functions.json'),
  maxReplicas: settings.maxReplicas,
  stopTimeoutMs: settings.functionStopTimeoutMs,
  log,
  secrets,
  onLine: ({ name, instance, text }) =>
    logs.append({ name, namespace, instance, timestamp: new Date().toISOString(), text }),
});
const metrics = createGatewayMetrics();
const collectMetrics = createMetricsCollector({
  provider,
  metrics,
  targets: readTargets(settings.metricsTargets),
  queueDepth: () => queue.depth(),
});
const ownAddress = `http://${settings.bindAddress === '0.0.0.0' ? '127.0.0.1' : settings.bindAddress}:${settings.gatewayPort}`;
const connectionOptions = securityOptions(settings);
const toKafka = {
  bootstrapServers: settings.kafkaBootstrapServers,
  clientId: 'gateway',
  log,
  connectionOptions,
};
const queue = createAsyncQueue({
  kafka: createKafka(toKafka),
  producer: createAcknowledgedProducer({ ...toKafka, topic: settings.asyncTopic }),
  topic: settings.asyncTopic,
  groupId: settings.asyncTopic,
  work: createWorker({ gatewayUrl: ownAddress, provider, log, onEnd: metrics.countAsyncCall }),
  log,
});
const openCluster = () =>
  createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'console',
    connectionOptions,
  });
const gateway = createGateway({
  provider,
  secrets,
  logs,
  log,
  call: createCaller({
    provider,
    timeoutMs: settings.gatewayUpstreamTimeoutMs,
    maxBodyBytes: settings.gatewayMaxBodyBytes,
    observe: metrics.observe,
  }),
  callLater: createAsyncCaller({ provider, enqueue: queue.enqueue, maxBodyBytes: maxQueuedBodyBytes }),
  collectMetrics,
  console: createConsole({
    collectMetrics,
    functions: provider.list,
    folder: resolve(root, 'infra/console'),
    vendorFolder: resolve(root, 'node_modules/uplot/dist'),
    variables: publicVariables(),
    deadLetters: createDeadLetterReader({ openCluster, topic: settings.dlqTopic }),
    deadLetterActions: createDeadLetterActions({
      openCluster,
      topic: settings.dlqTopic,
      functions: provider.list,
    }),
    log,
  }),
  authenticate: basicAuth({ user: settings.gatewayUser, password: ensureGatewayPassword(settings) }),
  idleTimeoutMs: settings.gatewayUpstreamTimeoutMs + 30_000,
});
/** Where the supervisor keeps its port open, a socket comes with it. */
const { LISTEN_FD: given } = process.env;
const port = await gateway.listen(
  given === undefined ? { port: settings.gatewayPort, host: settings.bindAddress } : { fd: Number(given) },
);
queue.start();
const cron = createCron({
  stateFile: resolve(data, 'data/gateway/cron.json'),
  call: (name) => callByClock(`${ownAddress}/function/${name}`),
  onRun: metrics.countCronRuns,
  log,
});
const schedule = () => cron.set(schedulesOf(provider.list()));
provider.onChange(schedule);
schedule();
log.info({ port }, 'gateway is ready');

const endWatch = watchLiveness({ replicas: () => provider.list().flatMap((f) => f.replicas), log });
const endIdleWatch = watchIdle({
  functions: provider.list,
  scaleToZero: (name) => provider.scale(name, 0),
  log,
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info('gateway stops');
  cron.close();
  queue.stopTaking();
  endWatch();
  endIdleWatch();
  await gateway.close();
  await queue.close();
  await logs.close();
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());

/** Settings that a stack file may name and everybody may see. */
function publicVariables(): Record<string, string | undefined> {
  const open = Object.values(definitions).filter((definition) => !('secret' in definition));
  return Object.fromEntries(open.map(({ env }) => [env, process.env[env]]));
}
