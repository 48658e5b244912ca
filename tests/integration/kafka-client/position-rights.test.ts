import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  ResourcePatternTypes,
} from 'kafkajs';
import { createKafka } from '../../../shared/clients/kafka/index.ts';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { commitPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import { createPositionLog } from '../../../shared/clients/kafka-protocol/position-log.ts';
import { eventually } from '../../support/eventually.ts';
import { type OwnBroker, ownBroker } from './own-broker.ts';
import { createTopic, silent } from './topics.ts';

jest.setTimeout(180_000);

const topic = 'events';
let broker: OwnBroker;
let admin: Admin;
/** What coordinators were asked for positions. */
let asked = 0;

beforeAll(async () => {
  broker = await ownBroker({
    properties: [
      'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found=true',
    ],
  });
  await broker.start();
  admin = createKafka({ bootstrapServers: broker.bootstrapServers, clientId: 'test', log: silent }).admin();
  await Promise.all([admin.connect(), createTopic(broker.bootstrapServers, topic, 3)]);
});
afterAll(async () => {
  await admin?.disconnect();
  await broker?.close();
});

/** A client that has not asked anything yet. */
async function read(groupId: string): Promise<Map<number, number>> {
  const cluster = createCluster({ bootstrapServers: broker.bootstrapServers, clientId: 'test' });
  const counted: Cluster = {
    ...cluster,
    callCoordinator: (...args) => {
      asked++;
      return cluster.callCoordinator(...args);
    },
  };
  try {
    const log = createPositionLog({ cluster: counted, groupId, lane: 'log' });
    const positions = await log.read({ topic, partitions: [0, 1, 2], stable: true });
    return new Map([...positions].map(([partition, { offset }]) => [partition, offset]));
  } finally {
    await cluster.close();
  }
}

/** What alone may be done with the topic of positions, by anybody; undefined: all. */
async function allow(operation: AclOperationTypes | undefined): Promise<void> {
  const about = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: '__consumer_offsets',
    resourcePatternType: ResourcePatternTypes.LITERAL,
  };
  const who = { principal: 'User:ANONYMOUS', host: '*', permissionType: AclPermissionTypes.ALLOW };
  await admin.deleteAcls({
    filters: [{ ...about, operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY }],
  });
  if (operation !== undefined) await admin.createAcls({ acl: [{ ...about, ...who, operation }] });
}

test('in a cluster where no group ever was there is no position, and no coordinator is asked', async () => {
  asked = 0;
  expect(await read('first')).toEqual(new Map());
  expect(asked).toBe(0);
});

test.each([
  ['be known, but not be read', AclOperationTypes.DESCRIBE],
  ['not even be known', AclOperationTypes.ALTER_CONFIGS],
])('where the topic of positions may %s, the coordinator is asked', async (_, operation) => {
  const cluster = createCluster({ bootstrapServers: broker.bootstrapServers, clientId: 'test' });
  const groupId = `denied-${operation}`;
  const writer = { groupId, memberId: '', generation: -1, instanceId: null };
  const positions = [{ topic, partition: 2, offset: 7, metadata: '' }];
  await commitPositions(cluster, { writer, lane: 'test', positions });
  await cluster.close();
  for (const [allowed, answers] of [
    [undefined, 0],
    [operation, 1],
  ] as const) {
    await allow(allowed);
    await eventually(async () => {
      asked = 0;
      expect(await read(groupId)).toEqual(new Map([[2, 7]]));
      expect(asked).toBe(answers);
    });
  }
});
