import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { containerAddresses, hostAddresses } from '../../../infra/compose/addresses.ts';
import { isHealthy } from '../../../infra/compose/cluster.ts';
import { deployment } from '../../../infra/compose/deployment.ts';
import { containersOf, servicesOf } from '../../../infra/compose/docker.ts';
import { composeEnvironment } from '../../../infra/compose/environment.ts';
import {
  ensureClusterId,
  ensureSecrets,
  secretNames,
  secretsFolder,
} from '../../../infra/compose/secrets.ts';
import { platformParts } from '../../../infra/platform/parts.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'compose-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
const env = { ENGINES: 'compose', DATA_DIR: dataDir };

describe('secrets', () => {
  test('are made once, all different, in a folder that nobody else enters', () => {
    const secrets = ensureSecrets(dataDir);
    expect(ensureSecrets(dataDir)).toEqual(secrets);
    expect(new Set(Object.values(secrets)).size).toBe(secretNames.length);
    for (const value of Object.values(secrets)) expect(value).toMatch(/^[\w-]{43}$/);
    expect(statSync(secretsFolder(dataDir)).mode & 0o777).toBe(0o700);
  });

  test('a cluster id is one that Kafka takes', () => {
    const id = ensureClusterId(dataDir);
    expect(id).toMatch(/^\w[\w-]{21}$/);
    expect(Buffer.from(id, 'base64url')).toHaveLength(16);
    expect(ensureClusterId(dataDir)).toBe(id);
  });
});

describe('addresses', () => {
  test('of this machine: the administrator’s, on loopback', () => {
    const settings = platformSettings({ ...env, COMPOSE_SIZE: 'full' });
    const secrets = ensureSecrets(dataDir);
    expect(settings).toMatchObject({
      ...hostAddresses(settings, secrets),
      kafkaBootstrapServers: '127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094',
      clickhouseUrl:
        'http://127.0.0.1:8123|http://127.0.0.1:8126,http://127.0.0.1:8124|http://127.0.0.1:8127,http://127.0.0.1:8125|http://127.0.0.1:8128',
      clickhouseUser: 'default',
      gatewayPassword: secrets['gateway-password'],
    });
    expect(settings.mongodbUri).toBe(
      `mongodb://root:${secrets['mongodb-root-password']}@127.0.0.1:27017/?authSource=admin`,
    );
  });

  test('of the functions: by service name, with fewer rights', () => {
    const settings = platformSettings(env);
    const secrets = ensureSecrets(dataDir);
    const deployed = deployment(settings, {
      ...env,
      CLICKHOUSE_URL: 'http://elsewhere',
      CLAIMS_URL: 'x',
      TAG: '7',
    });
    expect(deployed.settings).toMatchObject(containerAddresses(settings, secrets));
    expect(deployed.settings.clickhouseUrl).toBe(
      'http://clickhouse-1-1:8123,http://clickhouse-2-1:8123,http://clickhouse-3-1:8123',
    );
    expect(deployed.settings.claimsUrl).toBe('http://claims:8084');
    expect(deployed.settings.mongodbUri).toContain('mongodb://pipeline:');
    expect(deployed.env).toEqual({ ...env, TAG: '7', CLICKHOUSE_USER: 'pipeline' });
    expect(deployed.settings.clickhousePassword).toBe(secrets['clickhouse-pipeline-password']);
  });

  test('docker keeps the parts running, not the supervisor', async () => {
    await expect(platformParts(platformSettings(env))).resolves.toEqual([]);
  });
});

test('the variables of docker-compose.yml follow the settings', () => {
  const settings = platformSettings({ ...env, KAFKA_PORT: '19000', CLICKHOUSE_PORT: '18000' });
  const text = composeEnvironment({
    settings,
    sizes: 'KAFKA_MEMORY=1m\n',
    secretsFolder: '/secrets',
    clusterId: 'id',
  });
  for (const line of [
    'KAFKA_MEMORY=1m',
    'KAFKA_PORT_3=19002',
    'CLICKHOUSE_PORT_1_1=18000',
    'CLICKHOUSE_PORT_3_2=18005',
    'SECRETS_DIR=/secrets',
    'KAFKA_CLUSTER_ID=id',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('services of a size', () => {
  const yaml = 'services: {a: {}, b: {profiles: [full]}}';
  expect(servicesOf(yaml, 'small')).toEqual(['a']);
  expect(servicesOf(yaml, 'full')).toEqual(['a', 'b']);
});

test('containers as docker tells them', () => {
  const line = (service: string, status: string, state = 'running') =>
    JSON.stringify({
      Labels: `com.docker.compose.project=p,com.docker.compose.service=${service},x=y`,
      State: state,
      Status: status,
    });
  const containers = containersOf(
    `${line('mongos', 'Up 3 seconds (health: starting)')}\n${line('kafka-1', 'Up 2 minutes (healthy)')}\n${line('gateway', 'Exited (1)', 'exited')}\n`,
  );
  expect(containers.map(({ service }) => service)).toEqual(['gateway', 'kafka-1', 'mongos']);
  expect(containers.filter(isHealthy).map(({ service }) => service)).toEqual(['kafka-1']);
});
