import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readGatewayPassword } from '../../../infra/gateway/password.ts';
import { dashboards } from '../../../infra/grafana/dashboards.ts';
import { programOf } from '../../../infra/prometheus/command.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { chaosEnvironment } from '../../integrity/chaos/environment.ts';
import { eventually } from '../../support/eventually.ts';
import { logEntries } from '../../support/log-entries.ts';
import { testUnless } from '../../support/skip.ts';
import { startCollector } from './collector.ts';
import { noPrometheus, startPrometheus } from './prometheus.ts';
import { untilChanged } from './scrape.ts';
import { downInConsole, downInMetrics, unwellInStatus } from './unwell.ts';

jest.setTimeout(400_000);

const root = resolve(import.meta.dirname, '../../..');
const dataDir = mkdtempSync(join(tmpdir(), 'event-pipeline-e2e-'));
let env: NodeJS.ProcessEnv;
let collector: Awaited<ReturnType<typeof startCollector>>;

beforeAll(async () => {
  collector = await startCollector();
  env = {
    ...(await chaosEnvironment({ dataDir, brokers: 1 })),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    // Only what a sender traces.
    OTEL_TRACES_SAMPLER_ARG: '0',
  };
  const downloads = join(root, '.pipeline/downloads');
  mkdirSync(downloads, { recursive: true });
  symlinkSync(downloads, join(dataDir, 'downloads'));
});

afterAll(async () => {
  await command('down');
  collector.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Runs what a target of the Makefile runs. */
async function command(
  name: string,
  more: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(root, `infra/platform/commands/${name}.ts`)], {
    cwd: root,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, output };
}

const gateway = () => `http://127.0.0.1:${env.GATEWAY_PORT}`;

test('demo: from nothing to a proof; it stays up', async () => {
  const { code, output } = await command('demo', { EVENTS: '20000' });
  expect(output).toContain('0 lost, 0 doubled.');
  expect(output).toMatch(/produced by this run +20,100 +0 +0/);
  for (const question of ['24 h', 'distinct users', 'top event types', 'of a user', 'in a time range']) {
    expect(output).toContain(question);
  }
  expect(output).not.toContain('no rows');
  expect(output).toContain('stays up');
  expect(code).toBe(0);
});

test('demo again, on the same data', async () => {
  const { code, output } = await command('demo', { EVENTS: '5000' });
  expect(output).toMatch(/in events_raw +25,200 +20,100 from before/);
  expect(output).toContain('0 lost, 0 doubled.');
  expect(code).toBe(0);
});

test('up, init-db: nothing to do', async () => {
  const up = await command('up');
  expect(up.output).toContain('up to date');
  expect(up.code).toBe(0);
  expect((await command('init-db')).code).toBe(0);
});

test('status asks everyone', async () => {
  const { code, output } = await command('status');
  for (const name of [
    'kafka-1',
    'mongodb',
    'clickhouse',
    'gateway',
    'connector',
    'ingest',
    'aggregation-check',
  ]) {
    expect(output).toMatch(new RegExp(`^${name} +ready`, 'm'));
  }
  expect(output).toMatch(/all processes: \d/);
  expect(code).toBe(0);
});

test('sql: a table, and the server’s own words where there is a mistake', async () => {
  const good = await command('sql', { Q: 'SELECT count() AS events FROM events_distributed;' });
  expect(good.output).toContain('events');
  expect(good.code).toBe(0);
  const bad = await command('sql', { Q: 'SELECT nothing FROM nowhere' });
  expect(bad.output).toContain('UNKNOWN_TABLE');
  expect(bad.code).toBe(1);
});

test('logs of all parts, and of one', async () => {
  const { output } = await command('logs', { FOLLOW: '0' });
  for (const name of ['kafka-1', 'mongodb', 'gateway', 'connector', 'supervisor'])
    expect(output).toContain(name);
  expect((await command('logs', { FOLLOW: '0', PART: 'nobody' })).output).toContain('no logs of nobody');
});

test('every line of every log is in one form, and names its part', () => {
  const logs = globSync('logs/**/*.log', { cwd: dataDir })
    .map((file) => ({ file, entries: logEntries(join(dataDir, file)) }))
    // A part that has had nothing to say.
    .filter(({ entries }) => entries.length > 0);
  expect(logs.length).toBeGreaterThan(12);
  for (const { file, entries } of logs) {
    expect(new Set(entries.map(({ part }) => part))).toEqual(new Set([basename(file, '.log')]));
  }
});

test('one address has the metrics of every part', async () => {
  const text = await (await fetch(`${gateway()}/metrics`)).text();
  for (const part of ['kafka-1', 'mongodb', 'clickhouse', 'gateway', 'connector', 'supervisor']) {
    expect(text).toMatch(new RegExp(`^process_resident_memory_bytes\\{[^}]*part="${part}"`, 'm'));
  }
  for (const metric of [
    'connector_lag_records',
    'store_write_duration_seconds_count',
    'gateway_function_invocation_total',
  ]) {
    expect(text).toContain(metric);
  }
});

test('every metric in it is in docs/metrics.md, by its type', async () => {
  const text = await (await fetch(`${gateway()}/metrics`)).text();
  const shown = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  expect(shown.length).toBeGreaterThan(60);
  const table = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
  const documented = [...table.matchAll(/^\| `(\w+)` \| (\w+)/gm)].map(([, name, type]) => `${name} ${type}`);
  expect(shown.filter((one) => !documented.includes(one))).toEqual([]);
});

testUnless(programOf('promtool') ? undefined : 'there is no promtool (apt-get install prometheus)')(
  'promtool finds no fault in its names and units, but for the one that OpenFaaS gave',
  async () => {
    const input = await (await fetch(`${gateway()}/metrics`)).text();
    const { stderr } = spawnSync(programOf('promtool') ?? '', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^gateway_service_count /)]);
  },
);

const generate = (count: number) =>
  fetch(`${gateway()}/function/generate`, { method: 'POST', body: JSON.stringify({ count }) }).then(
    async (answer) => expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]),
  );

test('under load lag, write times, rows, failures, processor and memory change in that one page', async () => {
  type Labels = Record<string, string>;
  const works = ({ part = '', function_name = '' }: Labels) =>
    /^(kafka-1|mongodb|clickhouse|gateway|connector)$/.test(part) ||
    /^(generate|transform|mongo-write|clickhouse-write)$/.test(function_name);
  const metrics: Record<string, (labels: Labels) => boolean> = {
    connector_lag_records: ({ topic }) => /^events_(raw|clean)$/.test(topic ?? ''),
    store_write_duration_seconds_sum: () => true,
    store_rows_total: () => true,
    connector_dead_letters_total: (labels) => labels.function === 'transform' && labels.reason === 'listed',
    process_cpu_seconds_total: works,
    process_resident_memory_bytes: works,
  };
  await untilChanged(gateway(), {
    watched: ({ name, labels }) => metrics[name]?.(labels) === true,
    // Lag of three functions and three partitions; two stores; processor and memory of five parts and four functions.
    count: 9 + 2 + 2 + 1 + 2 * 9,
    load: () => generate(5000),
    timeoutMs: 100_000,
  });
});

test('the trace of an event goes from ingest to both stores', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const answer = await fetch(`${gateway()}/function/ingest`, {
    method: 'POST',
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body: JSON.stringify({ event_type: 'page_view', user_id: 12345 }),
  });
  expect(answer.status).toBe(202);
  await eventually(
    () => {
      const mine = collector.spans.filter(
        (span) => span.traceId === traceId || span.links.some((link) => link.traceId === traceId),
      );
      expect(mine.map(({ service }) => service).sort()).toEqual([
        'clickhouse-write',
        'ingest',
        'mongo-write',
        'transform',
      ]);
    },
    { timeoutMs: 60_000 },
  );
});

testUnless(noPrometheus)(
  'a real Prometheus scrapes it, its rules evaluate, and the panels of the dashboards get answers',
  async () => {
    const prometheus = await startPrometheus(gateway(), join(dataDir, 'prometheus'));
    try {
      await generate(2000);
      await eventually(
        async () => {
          const event = JSON.stringify({ event_type: 'page_view', user_id: 1 });
          await fetch(`${gateway()}/function/ingest`, { method: 'POST', body: event });
          const { groups } = await prometheus.ask<Rules>('rules');
          const rules = groups.flatMap((group) => group.rules);
          expect(rules.length).toBeGreaterThan(40);
          expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
          const queries = dashboards.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries));
          const empty: string[] = [];
          for (const { expr, quiet } of queries) {
            const query = encodeURIComponent(expr.replaceAll(/\$\w+/g, '.*'));
            const { result } = await prometheus.ask<{ result: unknown[] }>(`query?query=${query}`);
            if (result.length === 0 && !quiet) empty.push(expr);
          }
          expect(empty).toEqual([]);
        },
        { timeoutMs: 120_000, intervalMs: 2000 },
      );
    } finally {
      await prometheus.close();
    }
  },
);

const everyPart = [
  'kafka-1',
  'mongodb',
  'clickhouse',
  'claims',
  'connector',
  'autoscaler',
  'gateway',
  'supervisor',
];
test.each(everyPart)(
  '%s frozen is unhealthy in status, metrics and console within 10 s, alone, and well again afterwards',
  frozenAlone,
);

test('start-pipeline run twice starts one, and a killed supervisor goes on with it', async () => {
  const first = await command('start-pipeline', { RATE: '200' });
  expect(first.output).toContain('Started: 200 events/s until `make down`');
  const status = await report();
  process.kill(status.pid, 'SIGKILL');
  const second = await command('start-pipeline', { RATE: '200' });
  expect(second.output).toContain('It runs already');
  const pids = (parts: { name: string; pid: number }[]) =>
    parts.map(({ name, pid }) => `${name} ${pid}`).sort();
  // Everything was taken over as it was.
  expect(pids((await report()).parts)).toEqual(pids(status.parts));
});

test('the generator frozen is seen as any other part is', () => frozenAlone('generator'));

test('other settings while it runs are refused by name', async () => {
  const { code, output } = await command('up', { MAX_REPLICAS: '12' });
  expect(output).toContain('another MAX_REPLICAS');
  expect(code).toBe(1);
});

test('down stops all, up finds the data, clean removes it and keeps downloads', async () => {
  expect((await command('down')).output).toContain('The platform is down');
  expect((await command('down')).output).toContain('Nothing was running');
  expect((await command('status')).code).toBe(1);
  expect((await command('sql', { Q: 'SELECT 1' })).output).toContain('make up');
  expect((await command('up')).code).toBe(0);
  const rows = await command('sql', {
    Q: 'SELECT count() > 20000 AS kept FROM events_distributed FORMAT TSV',
  });
  expect(rows.output.trim()).toBe('1');
  expect((await command('clean')).output).toContain('Nothing was removed');
  expect((await command('clean', { YES: '1' })).code).toBe(0);
  expect(readdirSync(dataDir)).toEqual(['downloads']);
  expect(existsSync(join(dataDir, 'downloads/kafka'))).toBe(true);
});

/** Freezes a part, and lets it go on when all have told of it. */
async function frozenAlone(name: string): Promise<void> {
  const supervisor = `http://127.0.0.1:${env.SUPERVISOR_PORT}`;
  const password = readGatewayPassword(readSettings(env)) ?? '';
  // The gateway serves metrics and console: of a frozen one the supervisor and `make status` tell.
  const shown = async () => ({
    metrics: await downInMetrics(name === 'gateway' ? supervisor : gateway()),
    console: name === 'gateway' ? [name] : await downInConsole(gateway(), password),
  });
  const { pid, parts } = await report();
  const frozen = name === 'supervisor' ? pid : parts.find((part) => part.name === name)?.pid;
  if (frozen === undefined) throw new Error(`there is no ${name}`);
  const alone = { metrics: [name], console: [name] };
  process.kill(frozen, 'SIGSTOP');
  try {
    await Promise.all([
      eventually(async () => expect(await shown()).toEqual(alone), { timeoutMs: 10_000 }),
      eventually(
        async () => {
          const { code, output } = await command('status');
          expect([code, unwellInStatus(output)]).toEqual([1, [name]]);
        },
        { timeoutMs: 10_000 },
      ),
    ]);
    expect(await shown()).toEqual(alone);
  } finally {
    process.kill(frozen, 'SIGCONT');
  }
  await eventually(async () => {
    const { code, output } = await command('status');
    expect([code, unwellInStatus(output)]).toEqual([0, []]);
    expect(await downInMetrics(gateway())).toEqual([]);
    expect(await downInConsole(gateway(), password)).toEqual([]);
  });
}

interface Rules {
  groups: { rules: { name: string; health: string; lastError?: string }[] }[];
}

async function report(): Promise<{ pid: number; parts: { name: string; pid: number }[] }> {
  return (await fetch(`http://127.0.0.1:${env.SUPERVISOR_PORT}/status`)).json() as never;
}
