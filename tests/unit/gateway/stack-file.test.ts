import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseAnnotations } from '../../../infra/connector/functions/annotations.ts';
import { scheduleOf } from '../../../infra/gateway/cron/schedule.ts';
import { readStack } from '../../../infra/gateway/deploy/stack-file.ts';
import { readDeployment } from '../../../infra/gateway/provider/deployment.ts';
import { imageName } from '../../../infra/gateway/provider/images.ts';
import { heapLimitMiB } from '../../../infra/gateway/provider/quantity.ts';
import { definitions } from '../../../shared/config/settings.ts';

const source = readFileSync('stack.yml', 'utf8');
const stack = readStack(source, {});

describe('stack.yml', () => {
  test('has the seven functions', () => {
    expect(stack.deployments.map((d) => d.service).sort()).toEqual([
      'aggregation-check',
      'clickhouse-write',
      'generate',
      'ingest',
      'mongo-write',
      'query',
      'transform',
    ]);
  });

  test.each(stack.deployments.map((d) => [d.service, d] as const))(
    '%s is a valid deployment',
    (name, deployment) => {
      expect(readDeployment(deployment)).toEqual(deployment);
      expect(imageName(deployment.image)).toBe(name);
      expect(heapLimitMiB(deployment.limits?.memory ?? '')).toBeGreaterThan(100);
      expect(deployment.requests?.memory).toBeDefined();
      expect(deployment.readOnlyRootFilesystem).toBe(true);
      scheduleOf(deployment.annotations);
    },
  );

  test('every variable of a function is a setting or the watchdog’s', () => {
    const known = new Set<string>(Object.values(definitions).map((d) => d.env));
    const watchdog = ['exec_timeout', 'read_timeout', 'write_timeout', 'max_inflight', 'MAX_BODY_BYTES'];
    for (const { envVars } of stack.deployments) {
      for (const name of Object.keys(envVars ?? {})) {
        expect(
          known.has(name.replace(/_FILE$/, '')) || known.has(name) || watchdog.includes(name) ? '' : name,
        ).toBe('');
      }
    }
  });

  test('the connector takes every subscription', () => {
    const subscribed = stack.deployments.filter(
      (d) => d.annotations?.topic && d.annotations.topic !== 'cron-function',
    );
    expect(subscribed.map((d) => d.service)).toEqual(['transform', 'mongo-write', 'clickhouse-write']);
    for (const { service, annotations } of subscribed) {
      expect(
        parseAnnotations(service, annotations ?? {}, { deadLetterTopic: 'events_dlq' })?.problems,
      ).toBeUndefined();
    }
  });

  test('keeps the rules of the community edition', () => {
    expect(stack.deployments.length).toBeLessThanOrEqual(15);
    for (const { labels } of stack.deployments) {
      expect(Number(labels?.['com.openfaas.scale.max'])).toBeLessThanOrEqual(5);
      // It refuses these labels.
      expect(Object.keys(labels ?? {})).not.toContain('com.openfaas.scale.zero');
    }
  });

  test('handlers lie where the local gateway looks for them', () => {
    const { functions } = parse(source) as { functions: Record<string, { handler: string; lang: string }> };
    for (const [name, { handler, lang }] of Object.entries(functions)) {
      expect(handler).toBe(`./functions/${name}`);
      expect(readdirSync('template')).toContain(lang);
    }
  });

  test('variables change registry, tag and addresses', () => {
    const moved = readStack(source, {
      REGISTRY: 'ghcr.io/me',
      TAG: '2',
      KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092',
    });
    expect(moved.deployments[0]).toMatchObject({
      image: 'ghcr.io/me/generate:2',
      envVars: { KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092' },
    });
  });
});

test('a wrong stack file is told with every wrong field', () => {
  expect(() => readStack('provider: {name: x}\nfunctions: {a: {lang: 1, handler: h}}', {})).toThrow(
    /provider\.name[\s\S]*functions\.a\.lang[\s\S]*functions\.a\.image/,
  );
});
