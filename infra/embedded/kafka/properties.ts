import { readFileSync } from 'node:fs';

export interface BrokerAddress {
  /** 1, 2, 3. */
  node: number;
  host: string;
  port: number;
  controllerPort: number;
}

const common = new URL('../../kafka/server.properties', import.meta.url);

/**
 * The whole configuration file of one combined broker and controller: infra/kafka/server.properties and what is its own.
 *
 * @param brokers all brokers of the cluster, this one included.
 * @param logFolder where this broker keeps its data.
 */
export function brokerProperties({
  node,
  brokers,
  logFolder,
}: {
  node: number;
  brokers: readonly BrokerAddress[];
  logFolder: string;
}): string {
  const self = brokers.find((broker) => broker.node === node);
  if (self === undefined) throw new RangeError(`no broker ${node} among ${brokers.length}`);
  // With two replicas either one broker's loss stops writes or an acknowledged record can be lost.
  const [replicas, inSync] = brokers.length >= 3 ? [3, 2] : [1, 1];
  const own = {
    'process.roles': 'broker,controller',
    'node.id': node,
    'controller.quorum.voters': brokers.map((b) => `${b.node}@${b.host}:${b.controllerPort}`).join(','),
    listeners: `BROKER://${self.host}:${self.port},CONTROLLER://${self.host}:${self.controllerPort}`,
    'advertised.listeners': `BROKER://${self.host}:${self.port}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': logFolder,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
  };
  const lines = Object.entries(own).map(([name, value]) => `${name}=${value}`);
  return `${readFileSync(common, 'utf8')}\n# This broker\n${lines.join('\n')}\n`;
}
