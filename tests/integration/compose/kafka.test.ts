import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { kafkaJarsFolder } from '../../../infra/embedded/kafka/download.ts';
import { brokerHealth } from '../../../infra/embedded/kafka/health.ts';
import { kafkaCommand } from '../../../infra/embedded/kafka/java.ts';
import { createKafka } from '../../../shared/clients/kafka/index.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/ports.ts';
import { createTopic, silent } from '../kafka-client/topics.ts';

const folder = mkdtempSync(join(tmpdir(), 'compose-kafka-'));
const nodes = [1, 2, 3];
const ends: Promise<unknown>[] = [];
const stop = new AbortController();
afterAll(async () => {
  stop.abort();
  await Promise.all(ends);
  rmSync(folder, { recursive: true, force: true });
});

/** Kafka's two programs as the image has them. */
function kafkaHome(): string {
  const bin = join(folder, 'kafka/bin');
  mkdirSync(bin, { recursive: true });
  const jarsFolder = kafkaJarsFolder({ dataDir: resolve(readSettings(process.env).dataDir) });
  for (const [name, main] of [
    ['kafka-storage.sh', 'kafka.tools.StorageTool'],
    ['kafka-server-start.sh', 'kafka.Kafka'],
  ] as const) {
    const command = kafkaCommand({ jarsFolder, flags: ['-Xmx256m'], main: [main] });
    const file = join(bin, name);
    writeFileSync(file, `#!/bin/bash\nexec ${command.map((each) => `'${each}'`).join(' ')} "$@"\n`);
    chmodSync(file, 0o755);
  }
  return join(folder, 'kafka');
}

/** The script as a container runs it, on ports of this machine instead of a host of its own. */
function startBroker(node: number, env: Record<string, string>): void {
  const child = spawn('bash', ['infra/compose/kafka/start.sh'], {
    stdio: 'ignore',
    signal: stop.signal,
    killSignal: 'SIGKILL',
    env: {
      PATH: process.env.PATH,
      COMMON_PROPERTIES: resolve('infra/kafka/server.properties'),
      DATA: join(folder, `data-${node}`),
      NODE_ID: String(node),
      CLUSTER_ID: 'abcdefghijklmnopqrstuv',
      LISTEN: '127.0.0.1',
      HOSTS: '127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1',
      ...env,
    },
  });
  // The end that the abort brings is what is waited for.
  child.on('error', () => {});
  ends.push(once(child, 'close').catch(() => {}));
}

test('start.sh of the containers makes three brokers a cluster, and a fourth one joins and takes replicas', async () => {
  const ports = await freePorts(11);
  const [external, internal, controllers] = [ports.slice(0, 4), ports.slice(4, 8), ports.slice(8)];
  const start = (node: number, env: Record<string, string> = {}) => {
    const port = String(external[node - 1]);
    startBroker(node, {
      KAFKA_HOME: kafkaHome(),
      EXTERNAL_PORT: port,
      EXTERNAL_LISTEN_PORT: port,
      INTERNAL_PORTS: internal.join(' '),
      CONTROLLER_PORTS: controllers.join(' '),
      ...env,
    });
  };
  const ready = (node: number) =>
    eventually(
      async () =>
        expect(
          await brokerHealth({ host: '127.0.0.1', port: external[node - 1] as number, node }),
        ).toMatchObject({ ok: true }),
      { timeoutMs: 150_000 },
    );
  for (const node of nodes) start(node);
  for (const node of nodes) await ready(node);
  const bootstrapServers = external
    .slice(0, 3)
    .map((port) => `127.0.0.1:${port}`)
    .join(',');
  await createTopic(bootstrapServers, 'replicated', 3);
  const admin = createKafka({ bootstrapServers, clientId: 'test', log: silent }).admin();
  await admin.connect();
  try {
    const { brokers } = await admin.describeCluster();
    expect(brokers.map(({ nodeId, host, port }) => [nodeId, host, port]).sort()).toEqual(
      nodes.map((node) => [node, '127.0.0.1', external[node - 1]]),
    );
    await eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: ['replicated', '__consumer_offsets'] });
      for (const { partitionId, replicas, isr } of topics.flatMap(({ partitions }) => partitions)) {
        expect([partitionId, replicas.toSorted(), isr.toSorted()]).toEqual([partitionId, nodes, nodes]);
      }
    });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: 'replicated', configNames: ['min.insync.replicas'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('2');

    start(4, { ROLES: 'broker' });
    await ready(4);
    await admin.alterPartitionReassignments({
      topics: [
        {
          topic: 'replicated',
          partitionAssignment: [0, 1, 2].map((partition) => ({ partition, replicas: [4, 1, 2] })),
        },
      ],
    });
    await eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: ['replicated'] });
      for (const { isr } of topics[0]?.partitions ?? []) expect(isr.toSorted()).toEqual([1, 2, 4]);
    });
  } finally {
    await admin.disconnect();
  }
}, 300_000);
