import type { Settings } from '../../shared/config/index.ts';
import type { Secrets } from './secrets.ts';

type Ports = Pick<
  Settings,
  'kafkaPort' | 'mongodbPort' | 'clickhousePort' | 'composeSize' | 'mongodbDatabase' | 'gatewayPort'
>;

/** What the clusters' addresses and credentials replace in the settings. */
export type Addresses = Pick<
  Settings,
  'kafkaBootstrapServers' | 'mongodbUri' | 'clickhouseUrl' | 'clickhouseUser' | 'clickhousePassword'
>;

export const shardCount = 3;
const shards = Array.from({ length: shardCount }, (_, index) => index + 1);

const replicasOf = ({ composeSize }: Pick<Settings, 'composeSize'>): number[] =>
  composeSize === 'full' ? [1, 2] : [1];

/** The port on the host's loopback of one ClickHouse server: 8123 to 8125 the first replicas, then the second ones. */
export function clickhouseHostPort(first: number, shard: number, replica: number): number {
  return first + (replica - 1) * shardCount + shard - 1;
}

/** As this machine sees the clusters, with the rights to make topics and schemas. */
export function hostAddresses(settings: Ports, secrets: Secrets): Addresses {
  const { kafkaPort, mongodbPort, clickhousePort } = settings;
  return {
    kafkaBootstrapServers: [0, 1, 2].map((i) => `127.0.0.1:${kafkaPort + i}`).join(','),
    mongodbUri: `mongodb://root:${secrets['mongodb-root-password']}@127.0.0.1:${mongodbPort}/?authSource=admin`,
    clickhouseUrl: urlOf(
      settings,
      (shard, replica) => `http://127.0.0.1:${clickhouseHostPort(clickhousePort, shard, replica)}`,
    ),
    clickhouseUser: 'default',
    clickhousePassword: secrets['clickhouse-password'],
  };
}

/** As the functions in the gateway's container see them, with the rights to read and write events. */
export function containerAddresses(settings: Ports, secrets: Secrets): Addresses {
  return {
    kafkaBootstrapServers: 'kafka-1:19092,kafka-2:19092,kafka-3:19092',
    mongodbUri: `mongodb://pipeline:${secrets['mongodb-pipeline-password']}@mongos:27017/?authSource=admin`,
    clickhouseUrl: urlOf(settings, (shard, replica) => `http://clickhouse-${shard}-${replica}:8123`),
    clickhouseUser: 'pipeline',
    clickhousePassword: secrets['clickhouse-pipeline-password'],
  };
}

function urlOf(settings: Ports, address: (shard: number, replica: number) => string): string {
  return shards
    .map((shard) =>
      replicasOf(settings)
        .map((replica) => address(shard, replica))
        .join('|'),
    )
    .join(',');
}
