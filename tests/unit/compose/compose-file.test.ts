import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { secretNames } from '../../../infra/compose/secrets.ts';
import { testUnless } from '../../support/skip.ts';

const folder = resolve('infra/compose');
const sizes = ['small', 'full'] as const;

interface Service {
  image: string;
  mem_limit?: string;
  ports?: string[];
  secrets?: string[];
  volumes?: string[];
  profiles?: string[];
  healthcheck?: { test: string[] };
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  build?: { dockerfile: string };
}

interface ComposeFile {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, null>;
}

const variables = (size: string): Record<string, string> =>
  Object.fromEntries(
    readFileSync(join(folder, `${size}.env`), 'utf8')
      .split('\n')
      .filter((line) => /^\w+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** As docker-compose reads it: variables with their defaults filled in, merged maps, services of the profile. */
function read(size: (typeof sizes)[number], file = 'docker-compose.yml'): ComposeFile {
  const values = variables(size);
  const filled = readFileSync(join(folder, file), 'utf8').replace(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, fallback: string) => values[name] ?? fallback,
  );
  const content = parse(filled, { merge: true }) as ComposeFile;
  for (const [name, { profiles }] of Object.entries(content.services)) {
    if (profiles !== undefined && !profiles.includes(size)) delete content.services[name];
  }
  return content;
}

describe.each(sizes)('%s', (size) => {
  const { services, secrets, volumes } = read(size);
  const each = Object.entries(services);

  test('has every part of the clusters', () => {
    const count = (pattern: RegExp) => Object.keys(services).filter((name) => pattern.test(name)).length;
    expect(count(/^kafka-\d$/)).toBe(3);
    expect(count(/^keeper-\d$/)).toBe(3);
    expect(count(/^clickhouse-\d-\d$/)).toBe(size === 'full' ? 6 : 3);
    expect(count(/^mongo-shard-1-\d$/)).toBe(3);
    expect(count(/^mongo-config-\d$/)).toBe(size === 'full' ? 3 : 1);
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining([
        'mongos',
        'gateway',
        'connector',
        'autoscaler',
        'claims',
        'prometheus',
        'grafana',
      ]),
    );
  });

  test('fits the memory of the machine it is for', () => {
    const limits = each.map(([name, { mem_limit }]) => {
      expect([name, mem_limit]).toEqual([name, expect.stringMatching(/^\d+m$/)]);
      return Number.parseInt(mem_limit as string, 10);
    });
    const total = limits.reduce((sum, limit) => sum + limit, 0);
    expect(total).toBeLessThanOrEqual(size === 'full' ? 30 * 1024 : 7.5 * 1024);
  });

  test('publishes ports on loopback alone, each once', () => {
    const ports = each.flatMap(([, service]) => service.ports ?? []);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    const published = ports.map((port) => port.split(':')[1]);
    expect(new Set(published).size).toBe(published.length);
    expect(published).toEqual(
      expect.arrayContaining(['9092', '9093', '9094', '27017', '8123', '8080', '8081', '9090', '3000']),
    );
  });

  test('pins every image', () => {
    for (const [name, { image }] of each) {
      expect([name, image]).toEqual([
        name,
        expect.stringMatching(/^(event-pipeline:local|[\w./-]+:v?\d+\.\d+\.\d+(\.\d+)?(-[\w-]+)?)$/),
      ]);
    }
  });

  test('checks the health of every container, and starts none before what it needs', () => {
    for (const [name, { healthcheck, depends_on }] of each) {
      expect([name, healthcheck?.test?.[0]]).toEqual([name, 'CMD']);
      for (const [needed, { condition }] of Object.entries(depends_on ?? {})) {
        expect([name, needed, condition]).toEqual([name, expect.any(String), 'service_healthy']);
        expect(Object.keys(services)).toContain(needed);
      }
    }
  });

  test('holds no password: they are files, made at the first start', () => {
    for (const [name, { environment }] of each) {
      const suspicious = Object.entries(environment ?? {}).filter(
        ([variable, value]) =>
          /PASSWORD|SECRET|TOKEN/.test(variable) && !String(value).startsWith('/run/secrets/'),
      );
      expect([name, suspicious]).toEqual([name, []]);
    }
    expect(Object.keys(secrets).sort()).toEqual([...secretNames].sort());
    for (const name of new Set(each.flatMap(([, service]) => service.secrets ?? []))) {
      expect(secretNames).toContain(name);
    }
  });

  test('keeps data in named volumes, and mounts only what is there', () => {
    for (const volume of each.flatMap(([, service]) => service.volumes ?? [])) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect([source, existsSync(join(folder, source))]).toEqual([source, true]);
      else expect(Object.keys(volumes)).toContain(source);
    }
  });
});

test('both sizes set the same variables, and each is used', () => {
  expect(Object.keys(variables('small'))).toEqual(Object.keys(variables('full')));
  const text = readFileSync(join(folder, 'docker-compose.yml'), 'utf8');
  for (const name of Object.keys(variables('small'))) expect(text).toContain(`\${${name}:-`);
});

test('a second MongoDB shard keeps the first', () => {
  const { services } = read('small', 'second-shard.yml');
  expect(Object.keys(services)).toEqual(['mongo-shard-2-1', 'mongo-shard-2-2', 'mongo-shard-2-3', 'mongos']);
  const first = read('small').services.mongos?.environment?.SHARDS;
  expect(services.mongos?.environment?.SHARDS?.split(';')[0]).toBe(first);
});

test('every script is one that bash or Node can read', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.sh')))
    execFileSync('bash', ['-n', join(folder, file)]);
  for (const file of files.filter((name) => name.endsWith('.js'))) {
    // mongosh runs them as scripts, not as modules.
    execFileSync(process.execPath, ['--check', '--input-type=commonjs', '-'], {
      input: readFileSync(join(folder, file)),
    });
  }
});

const compose = spawnSync('docker-compose', ['version', '--short']);
const noCompose = compose.status === 0 ? undefined : 'no docker-compose on this machine';
for (const size of sizes) {
  testUnless(noCompose)(
    `docker-compose accepts the ${size} one, with a second shard too`,
    async () => {
      for (const more of [[], ['--file', join(folder, 'second-shard.yml')]]) {
        const files = ['--file', join(folder, 'docker-compose.yml'), ...more];
        execFileSync('docker-compose', [
          ...['--env-file', join(folder, `${size}.env`), '--profile', size],
          ...[...files, 'config', '--quiet'],
        ]);
      }
    },
    60_000,
  );
}

const promtool =
  spawnSync('promtool', ['--version']).status === 0 ? undefined : 'no promtool on this machine';
testUnless(promtool)('Prometheus accepts its configuration', async () => {
  const configuration = readFileSync(join(folder, 'prometheus/prometheus.yml'), 'utf8').replace(
    '/etc/prometheus/pipeline',
    resolve('infra/prometheus'),
  );
  const file = join(mkdtempSync(join(tmpdir(), 'prometheus-')), 'prometheus.yml');
  writeFileSync(file, configuration);
  execFileSync('promtool', ['check', 'config', file]);
});
