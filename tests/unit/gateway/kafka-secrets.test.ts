import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { kafkaSecrets, withNamedSecrets } from '../../../infra/gateway/deploy/kafka-secrets.ts';
import { readStack } from '../../../infra/gateway/deploy/stack-file.ts';
import { readSettings } from '../../../shared/config/index.ts';

const stackFile = readFileSync(resolve(import.meta.dirname, '../../../stack.yml'), 'utf8');
const deployed = (env: Record<string, string>) => {
  const { secrets, variables } = kafkaSecrets(readSettings(env));
  const stack = readStack(stackFile, { ...env, ...variables });
  const deployments = withNamedSecrets(stack.deployments, Object.keys(secrets));
  return { secrets, of: (name: string) => deployments.find(({ service }) => service === name) };
};

test('functions that speak to Kafka get its security, password and authorities as secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-secrets-'));
  try {
    writeFileSync(join(folder, 'ca.pem'), 'PEM\n');
    writeFileSync(join(folder, 'password'), 'hush\n');
    const { secrets, of } = deployed({
      KAFKA_TLS_CA_FILE: join(folder, 'ca.pem'),
      KAFKA_SASL_MECHANISM: 'PLAIN',
      KAFKA_USERNAME: 'pipeline',
      KAFKA_PASSWORD_FILE: join(folder, 'password'),
    });
    expect(secrets).toEqual({ 'kafka-ca': 'PEM\n', 'kafka-password': 'hush' });
    for (const name of ['generate', 'ingest', 'aggregation-check']) {
      expect(of(name)?.secrets?.slice(-2)).toEqual(['kafka-ca', 'kafka-password']);
      expect(of(name)?.envVars).toMatchObject({
        KAFKA_TLS_CA_FILE: '/var/openfaas/secrets/kafka-ca',
        KAFKA_SASL_MECHANISM: 'PLAIN',
        KAFKA_USERNAME: 'pipeline',
        KAFKA_PASSWORD_FILE: '/var/openfaas/secrets/kafka-password',
      });
    }
    expect(JSON.stringify(of('ingest'))).not.toContain('hush');
    expect(of('transform')?.secrets).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('without them there is no secret to be made', () => {
  const { secrets, of } = deployed({});
  expect(secrets).toEqual({});
  expect(of('ingest')?.secrets).toBeUndefined();
  expect(of('aggregation-check')?.secrets).toEqual(['mongodb-uri', 'clickhouse-password']);
});
