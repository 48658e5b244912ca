import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { definitions } from '../../../shared/config/index.ts';
import { testUnless } from '../../support/skip.ts';

const folder = resolve('infra/kubernetes');
const { resources } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as {
  resources: string[];
};
const files = [...resources, 'initialise.yaml', 'monitoring/pod-monitor.yaml'];

interface Container {
  image: string;
  args: string[];
  env?: { name: string; value?: string }[];
  ports?: { name: string; containerPort: number }[];
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string }[];
}
type Probe = { httpGet: { path: string; port: string } };
interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec: {
    replicas?: number;
    selector?: { matchLabels?: Record<string, string> } & Record<string, unknown>;
    podSelector?: { matchLabels: Record<string, string> };
    policyTypes?: string[];
    volumeClaimTemplates?: { metadata: { name: string } }[];
    template?: {
      metadata: { labels: Record<string, string> };
      spec: {
        containers: Container[];
        automountServiceAccountToken: boolean;
        securityContext: Record<string, unknown>;
        volumes: { name: string }[];
      };
    };
  };
}

const all = files.flatMap((file) =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => {
    expect([file, document.errors]).toEqual([file, []]);
    return document.toJS() as Manifest;
  }),
);
const of = (kind: string) => all.filter((manifest) => manifest.kind === kind);
const workloads = all.filter(({ spec }) => spec?.template !== undefined);
const servers = workloads.filter(({ kind }) => kind !== 'Job');
const podOf = ({ spec }: Manifest) => spec.template as NonNullable<Manifest['spec']['template']>;

test('there is what a cluster needs', () => {
  expect(all.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual([
    'ConfigMap/event-pipeline',
    'Deployment/pipeline-autoscaler',
    'Job/pipeline-initialise',
    'NetworkPolicy/claims',
    'NetworkPolicy/connector',
    'NetworkPolicy/pipeline-autoscaler',
    'PodDisruptionBudget/connector',
    'PodMonitor/event-pipeline',
    'Service/claims',
    'Service/connector',
    'StatefulSet/claims',
    'StatefulSet/connector',
  ]);
});

describe.each(workloads.map((manifest) => [manifest.metadata.name, manifest] as const))(
  '%s',
  (_, manifest) => {
    const { spec } = podOf(manifest);

    test('runs a program that is there, without rights that it does not need', () => {
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { args, securityContext, resources: needed } of spec.containers) {
        expect(args[0]).toBe('node');
        const program = args.slice(1).find((arg: string) => !arg.startsWith('--'));
        expect([program, existsSync(program ?? '')]).toEqual([program, true]);
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(Object.keys(needed.requests).sort()).toEqual(['cpu', 'memory']);
        expect(needed.limits).toHaveProperty('memory');
      }
    });

    test('mounts volumes that it has, and reads secrets from files there', () => {
      const claimed = manifest.spec.volumeClaimTemplates?.map(({ metadata }) => metadata.name) ?? [];
      const volumes = [...spec.volumes.map(({ name }) => name), ...claimed];
      for (const { volumeMounts, env = [] } of spec.containers) {
        for (const { name } of volumeMounts) expect(volumes).toContain(name);
        for (const { name, value } of env.filter((one) => /PASSWORD|URI/.test(one.name))) {
          expect(name).toMatch(/_FILE$/);
          expect(volumeMounts.some(({ mountPath }) => value?.startsWith(`${mountPath}/`))).toBe(true);
        }
      }
    });
  },
);

test('servers are probed on a port that they have', () => {
  for (const manifest of servers) {
    for (const { startupProbe, readinessProbe, livenessProbe, ports } of podOf(manifest).spec.containers) {
      for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
        expect(probe?.httpGet.path).toBe('/healthz');
        expect(ports?.map(({ name }) => name)).toContain(probe?.httpGet.port);
      }
    }
  }
});

test('selectors find the pods that they are for', () => {
  const labels = workloads.map((manifest) => podOf(manifest).metadata.labels['app.kubernetes.io/name']);
  const selected = all.flatMap(({ spec }) => [
    spec?.selector?.matchLabels?.['app.kubernetes.io/name'],
    spec?.podSelector?.matchLabels['app.kubernetes.io/name'],
  ]);
  for (const name of selected) if (name !== undefined) expect(labels).toContain(name);
  expect(of('NetworkPolicy').map(({ spec }) => spec.policyTypes)).toEqual([
    ['Ingress', 'Egress'],
    ['Ingress', 'Egress'],
    ['Ingress', 'Egress'],
  ]);
});

test('the autoscaler asks every connector', () => {
  const count = of('StatefulSet').find(({ metadata }) => metadata.name === 'connector')?.spec
    .replicas as number;
  const [autoscaler] = of('Deployment') as [Manifest];
  const urls = podOf(autoscaler).spec.containers[0]?.env?.find(
    ({ name }) => name === 'CONNECTOR_URLS',
  )?.value;
  expect(urls?.split(',')).toEqual(
    Array.from({ length: count }, (_, i) => `http://connector-${i}.connector:8081`),
  );
});

test('every variable is a setting', () => {
  const known = new Set<string>(Object.values(definitions).map(({ env }) => env));
  const used = [
    ...Object.keys(of('ConfigMap')[0]?.data ?? {}),
    ...workloads.flatMap((manifest) =>
      podOf(manifest).spec.containers.flatMap(({ env = [] }) => env.map(({ name }) => name)),
    ),
  ].filter((name) => name !== 'NODE_OPTIONS');
  for (const name of used) expect([name, known.has(name.replace(/_FILE$/, ''))]).toEqual([name, true]);
});

const validator = spawnSync('kubernetes-validate', ['--version']).status === 0;
testUnless(validator ? undefined : 'no kubernetes-validate on this machine')(
  'the schemas of Kubernetes accept every manifest',
  async () => {
    const ofKubernetes = files.filter((file) => !file.startsWith('monitoring/'));
    execFileSync('kubernetes-validate', ['--strict', ...ofKubernetes.map((file) => join(folder, file))]);
  },
  120_000,
);
