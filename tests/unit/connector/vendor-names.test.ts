import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { defaultStart, withVendorNames } from '../../../infra/connector/vendor-names.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';

test('names of OpenFaaS’s connectors are understood, ours win', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  writeFileSync(join(folder, 'basic-auth-user'), 'me\n');
  writeFileSync(join(folder, 'basic-auth-password'), 'secret\n');
  const env = withVendorNames({
    gateway_url: 'http://gateway:8080',
    broker_hosts: 'a:9092,b:9092',
    upstream_timeout: '2m',
    rebuild_interval: '30s',
    REBUILD_INTERVAL_MS: '5000',
    basic_auth: 'true',
    secret_mount_path: folder,
  });
  expect(env).toMatchObject({
    GATEWAY_URL: 'http://gateway:8080',
    KAFKA_BOOTSTRAP_SERVERS: 'a:9092,b:9092',
    UPSTREAM_TIMEOUT_MS: '120000',
    REBUILD_INTERVAL_MS: '5000',
    GATEWAY_USER: 'me',
    GATEWAY_PASSWORD: 'secret',
  });
  expect(defaultStart({ initial_offset: 'newest' })).toBe('latest');
  expect(defaultStart({})).toBe('earliest');
});

test('what cannot be understood is named, all at once', () => {
  const env = {
    upstream_timeout: 'long',
    initial_offset: 'middle',
    basic_auth: 'true',
    secret_mount_path: '/nowhere',
  };
  expect(() => withVendorNames(env)).toThrow(/upstream_timeout[\s\S]*basic_auth[\s\S]*initial_offset/);
});

test('TLS and SASL', () => {
  const none = {
    kafkaTls: false,
    kafkaTlsCaFile: undefined,
    kafkaSaslMechanism: undefined,
    kafkaUsername: undefined,
    kafkaPassword: undefined,
  };
  expect(securityOptions(none)).toEqual({});
  expect(
    securityOptions({
      ...none,
      kafkaTls: true,
      kafkaSaslMechanism: 'PLAIN',
      kafkaUsername: 'u',
      kafkaPassword: 'p',
    }),
  ).toEqual({ tls: {}, tlsServerName: true, sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } });
  expect(() =>
    securityOptions({ ...none, kafkaSaslMechanism: 'SCRAM-SHA-512', kafkaTlsCaFile: '/nowhere' }),
  ).toThrow(/KAFKA_TLS_CA_FILE[\s\S]*KAFKA_USERNAME[\s\S]*KAFKA_PASSWORD/);
});
