import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { loadDotEnv } from '../../../infra/platform/dot-env.ts';
import { platformParts } from '../../../infra/platform/parts.ts';
import {
  differingSettings,
  platformSettings,
  settingFingerprints,
} from '../../../infra/platform/platform-settings.ts';
import { envExample, settingRows, withSettings } from '../../../infra/platform/setting-tables.ts';
import { readSettings } from '../../../shared/config/index.ts';

const root = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'dot-env-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('.env.example is what `make settings` writes', () => {
  expect(readFileSync(join(root, '.env.example'), 'utf8')).toBe(envExample());
});

test('the table in the README is what `make settings` writes', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(withSettings(readme)).toBe(readme);
});

test('every line of .env.example, taken as it stands, is a good setting', () => {
  const taken = envExample().replaceAll(/^#(?=[A-Z_]+=)/gm, '');
  const env = parseEnv(taken) as NodeJS.ProcessEnv;
  expect(Object.keys(env).sort()).toEqual(
    settingRows()
      .map(({ env: name }) => name)
      .sort(),
  );
  expect(readSettings(env)).toEqual(readSettings({}));
});

test('the environment wins over .env', () => {
  writeFileSync(join(folder, '.env'), 'RATE=7\n# a comment\nGATEWAY_USER="two words"\n');
  const env: NodeJS.ProcessEnv = { RATE: '9' };
  loadDotEnv({ folder, env });
  expect(env).toEqual({ RATE: '9', GATEWAY_USER: 'two words' });
});

test('without .env nothing happens', () => {
  const env = {};
  loadDotEnv({ folder: join(folder, 'nowhere'), env });
  expect(env).toEqual({});
});

test('the data folder belongs to the checkout, and every part with metrics is named to the gateway', () => {
  const settings = platformSettings({ CONNECTOR_PORT: '9001' });
  expect(settings.dataDir).toBe(join(root, '.pipeline'));
  expect(settings.metricsTargets).toContain('connector=http://127.0.0.1:9001/metrics');
  expect(settings.metricsTargets).toContain('clickhouse=');
  expect(platformSettings({ ENGINES: 'external' }).metricsTargets).not.toContain('clickhouse=');
});

test('settings that differ are named; those of commands alone do not matter', () => {
  const fingerprints = (env: NodeJS.ProcessEnv) => settingFingerprints(platformSettings(env));
  const running = fingerprints({});
  expect(differingSettings(running, fingerprints({ RATE: '7', DURATION: '60' }))).toEqual([]);
  expect(differingSettings(running, fingerprints({ LOG_LEVEL: 'debug' }))).toEqual(['LOG_LEVEL']);
  expect(JSON.stringify(fingerprints({ GATEWAY_PASSWORD: 'sesame' }))).not.toContain('sesame');
});

test('what topics and functions take over while all runs is given to no part', async () => {
  const changes = {
    EVENTS_PARTITIONS: '24',
    RETENTION_DAYS: '30',
    CLICKHOUSE_URL: 'http://127.0.0.1:8123,http://127.0.0.1:8124',
    CLICKHOUSE_INSERT_QUORUM: 'auto',
    EVENT_CATEGORIES_FILE: '/elsewhere.yml',
    INGEST_KEYS: 'new,old',
    QUERY_KEYS: 'new,old',
    CORS_ORIGINS: '*',
  };
  const [before, after] = [{}, changes].map((env) => platformSettings({ DATA_DIR: folder, ...env }));
  if (before === undefined || after === undefined) throw new Error('two sets of settings');
  expect(differingSettings(settingFingerprints(before), settingFingerprints(after))).toEqual([]);
  const given = async (settings: typeof before) =>
    (await platformParts(settings)).map(({ name, command, env }) => ({ name, command, env }));
  expect(await given(after)).toEqual(await given(before));
});
