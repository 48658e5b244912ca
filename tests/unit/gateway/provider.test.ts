import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from '../../../infra/gateway/provider/backoff.ts';
import { leastBusy } from '../../../infra/gateway/provider/choose.ts';
import { readDeployment } from '../../../infra/gateway/provider/deployment.ts';
import { replicaEnvironment } from '../../../infra/gateway/provider/environment.ts';
import { idleLimitMs } from '../../../infra/gateway/provider/idle.ts';
import { handlerOfImage, imageName } from '../../../infra/gateway/provider/images.ts';
import { heapLimitMiB, parseQuantity } from '../../../infra/gateway/provider/quantity.ts';
import { createSecretStore } from '../../../infra/gateway/provider/secrets.ts';

const fixtures = 'tests/fixtures/functions';

describe('images', () => {
  test.each([
    ['echo', 'echo'],
    ['echo:1.2', 'echo'],
    ['127.0.0.1:5000/echo', 'echo'],
    ['ghcr.io/me/deep/echo:latest', 'echo'],
    ['me/echo@sha256:0123', 'echo'],
    ['me/echo:1@sha256:0123', 'echo'],
  ])('%s is %s', (image, name) => {
    expect(imageName(image)).toBe(name);
  });

  test('an unknown image is refused with the list of known ones', () => {
    expect(() => handlerOfImage('me/other:1', fixtures)).toThrow(
      /big, busy, crash, echo, flaky, sleeper, slow/,
    );
  });

  test('no image leads out of the folder', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('.', '/', 'e', 'c', 'h', 'o', ':', '@', '\\', '%', '\0') }),
        (image) => {
          let path: string;
          try {
            path = handlerOfImage(image, fixtures);
          } catch {
            return;
          }
          expect(path).toMatch(/\/tests\/fixtures\/functions\/echo\/handler\.ts$/);
        },
      ),
      { examples: [['../../../etc/passwd'], ['..'], ['.'], ['a/..']] },
    );
  });
});

describe('least busy', () => {
  const of = (...counts: number[]) => counts.map((inFlight, id) => ({ id, inFlight }));

  test.each([
    [of(2, 1, 3), 0, 1],
    [of(1, 1, 1), 0, 0],
    [of(1, 1, 1), 1, 1],
    [of(1, 1, 1), 5, 2],
    [of(1, 0, 0), 0, 1],
    [of(1, 0, 0), 2, 2],
  ])('%j at turn %i is %i', (candidates, turn, id) => {
    expect(leastBusy(candidates, turn)?.id).toBe(id);
  });

  test('leaves out those that were tried', () => {
    const [a, b] = of(0, 5) as [{ id: number; inFlight: number }, { id: number; inFlight: number }];
    expect(leastBusy([a, b], 0, new Set([a]))).toBe(b);
    expect(leastBusy([a, b], 0, new Set([a, b]))).toBeUndefined();
    expect(leastBusy([], 3)).toBeUndefined();
  });
});

test('backoff: 100 ms, doubled, at most 10 s', () => {
  expect([0, 1, 2, 3, 7, 8, 100].map(backoffMs)).toEqual([0, 100, 200, 400, 6400, 10_000, 10_000]);
});

test.each([
  ['128Mi', 134_217_728],
  ['1Gi', 1_073_741_824],
  ['500m', 0.5],
  ['1.5', 1.5],
  ['2k', 2000],
  ['', undefined],
  ['Mi', undefined],
  ['1Zi', undefined],
  ['-1', undefined],
])('quantity %s', (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});

test('a quarter of the memory limit is left to what is not heap', () => {
  expect(heapLimitMiB('512Mi')).toBe(384);
  expect(heapLimitMiB('10Mi')).toBe(32);
  expect(heapLimitMiB('x')).toBeUndefined();
});

test('a replica sees its own variables, where its secrets lie, and nothing of the gateway’s', () => {
  process.env.GATEWAY_PASSWORD = 'hidden';
  const env = replicaEnvironment({
    deployment: {
      service: 'a',
      image: 'a',
      envVars: { X: '1', K_FILE: '/var/openfaas/secrets/k', FUNCTION_HANDLER: '/etc/passwd' },
    },
    handlerPath: '/h.ts',
    secretsDir: '/mounts/a',
    path: '/bin',
  });
  delete process.env.GATEWAY_PASSWORD;
  expect(env).toEqual({
    PATH: '/bin',
    HOME: tmpdir(),
    LANG: 'C.UTF-8',
    LOG_FORMAT: 'json',
    X: '1',
    K_FILE: '/mounts/a/k',
    OPENFAAS_NAME: 'a',
    FUNCTION_NAME: 'a',
    FUNCTION_HANDLER: '/h.ts',
    SECRETS_DIR: '/mounts/a',
    PORT: '0',
    BIND_ADDRESS: '127.0.0.1',
  });
});

describe('deployments', () => {
  test('unknown fields are ignored, as are nulls of Go', () => {
    expect(
      readDeployment({ service: 'a', image: 'a', labels: null, limits: null, registryAuth: 'x' }),
    ).toEqual({
      service: 'a',
      image: 'a',
      labels: null,
      limits: null,
    });
  });

  test.each([
    [{}, /service.*image/],
    [{ service: '../a', image: 'a' }, /^service: must be 1 to 63/],
    [{ service: 'a', image: 'a', envVars: { A: 1 } }, /^envVars\.A/],
    [{ service: 'a', image: 'a', envVars: { 'A=B': '1' } }, /envVars/],
    [{ service: 'a', image: 'a', secrets: ['../x'] }, /^secrets\.0/],
    [{ service: 'a', image: 'a', limits: { memory: 'much' } }, /^limits\.memory: must be a quantity/],
    [{ service: 'a', image: 'a', namespace: 'other' }, /^namespace: must be openfaas-fn/],
    [[], /expected object/],
    [null, /expected object/],
  ])('%j is refused by name', (body, message) => {
    expect(() => readDeployment(body)).toThrow(message);
  });

  test('whatever is sent is taken or refused with 400', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        try {
          readDeployment(body);
        } catch (error) {
          expect(error).toMatchObject({ statusCode: 400 });
        }
      }),
    );
  });
});

describe('secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const store = createSecretStore({ folder: join(folder, 'all'), mountsFolder: join(folder, 'mounts') });

  test('are created once, updated and removed where they exist', () => {
    store.create('a', Buffer.from('1'));
    expect(() => store.create('a', Buffer.from('2'))).toThrow(expect.objectContaining({ statusCode: 409 }));
    expect(() => store.update('b', Buffer.from('2'))).toThrow(expect.objectContaining({ statusCode: 404 }));
    expect(() => store.remove('b')).toThrow(expect.objectContaining({ statusCode: 404 }));
    expect(store.list()).toEqual(['a']);
    expect(() => store.mount('f', ['a', 'b'])).toThrow(/not found: b/);
    store.remove('a');
    expect(store.list()).toEqual([]);
  });

  test('no name leaves the folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '\\', '\0', '%', '-') }), (name) => {
        if (/^a([a-]*a)?$/.test(name)) return;
        expect(() => store.create(name, Buffer.from('x'))).toThrow(
          expect.objectContaining({ statusCode: 400 }),
        );
      }),
    );
    expect(store.list()).toEqual([]);
  });
});

test.each([
  [undefined, undefined],
  [{}, undefined],
  [{ 'com.openfaas.scale.zero': 'false' }, undefined],
  [{ 'com.openfaas.scale.zero': 'true' }, 900_000],
  [{ 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': '30s' }, 30_000],
  [{ 'com.openfaas.scale.zero-duration': '30s' }, undefined],
])('idle limit of %j', (labels, limitMs) => {
  expect(idleLimitMs({ labels })).toBe(limitMs);
});
