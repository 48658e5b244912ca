import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Docker, findDocker } from '../../../infra/gateway/transcript/docker.ts';
import { createWorkspace, findFaasCli, type Workspace } from '../../../infra/gateway/transcript/workspace.ts';
import { eventually } from '../../support/eventually.ts';
import { password, startGateway, type TestGateway } from './start-gateway.ts';

// The first build fetches base images and npm packages.
const buildTimeoutMs = 30 * 60_000;
jest.setTimeout(buildTimeoutMs);

const faasCli = findFaasCli();
const docker =
  faasCli === undefined ? { missing: 'faas-cli is neither on PATH nor in FAAS_CLI' } : await findDocker();

/** A batch of one raw event. */
const batch = JSON.stringify({
  eventSource: 'SelfManagedKafka',
  bootstrapServers: '',
  records: {
    't-0': [
      {
        topic: 't',
        partition: 0,
        offset: 5,
        timestamp: Date.now(),
        timestampType: 'CREATE_TIME',
        key: Buffer.from('7').toString('base64'),
        value: Buffer.from('{"event_type":"page_view","user_id":7}').toString('base64'),
        headers: [],
      },
    ],
  },
});

/** What each function answers of itself, without any engine: path and body of a call, status and text of its answer. */
const calls: Record<string, [path: string, body: string | undefined, status: number, text: string]> = {
  'aggregation-check': ['/verdicts?limit=x', undefined, 400, 'limit'],
  'clickhouse-write': ['/', batch, 200, '"permanent":true'],
  generate: ['/', '{"count":-1}', 400, 'count'],
  ingest: ['/', 'no JSON', 400, 'rejected'],
  'mongo-write': ['/', batch, 200, '"permanent":true'],
  query: ['/openapi.json', undefined, 200, '/top-events'],
  transform: ['/', batch, 200, '"sourceOffset":5'],
};

async function expectAnswer(name: string, url: string): Promise<void> {
  const [path, body, status, text] = calls[name] ?? ['/', undefined, 200, ''];
  const headers = { 'x-batch-id': 'c:t:0:5-5', 'x-topic': 't' };
  const init = body === undefined ? {} : { method: 'POST', body, ...(body === batch ? { headers } : {}) };
  const answer = await fetch(url + path, init);
  expect([name, answer.status, await answer.text()]).toEqual([name, status, expect.stringContaining(text)]);
  if (body === batch) expect(answer.headers.get('x-batch-id')).toBe('c:t:0:5-5');
}

function up(binary: string, { registry, env }: Docker): void {
  const names = Object.keys(calls);
  const containers: string[] = [];
  let gateway: TestGateway;
  let workspace: Workspace;
  const run = (args: string) => {
    const { output, exitCode } = workspace.run(args.split(' '), { timeoutMs: buildTimeoutMs });
    expect([args, exitCode, output]).toEqual([args, 0, expect.any(String)]);
    return output;
  };
  const dockerRun = (...args: string[]) =>
    execFileSync('docker', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    }).trim();

  /** A container of one function, as a cluster runs it that trusts nobody. */
  async function start(name: string, ...options: string[]): Promise<{ id: string; url: string }> {
    const secrets = join(workspace.folder, '.secrets');
    mkdirSync(secrets, { recursive: true });
    chmodSync(workspace.folder, 0o755);
    for (const [secret, value] of [
      ['mongodb-uri', 'mongodb://127.0.0.1:1'],
      ['clickhouse-password', ''],
    ] as const)
      writeFileSync(join(secrets, secret), value);
    const id = dockerRun(
      ...'run --detach --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges'.split(' '),
      ...'--memory 512m --cpus 1 --publish 127.0.0.1::8080'.split(' '),
      ...['--volume', `${secrets}:/var/openfaas/secrets:ro`, '--env', `OPENFAAS_NAME=${name}`],
      ...['--env', 'MONGODB_URI_FILE=/var/openfaas/secrets/mongodb-uri', ...options],
      `${registry}/${name}:latest`,
    );
    containers.push(id);
    const port = /:(\d+)$/m.exec(dockerRun('port', id, '8080'))?.[1];
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => expect((await fetch(`${url}/_/ready`)).status).toBe(200));
    return { id, url };
  }

  beforeAll(async () => {
    gateway = await startGateway({ FUNCTIONS_DIR: 'functions' });
    workspace = createWorkspace({ faasCli: binary, gatewayUrl: gateway.url, env });
    workspace.run(['login', '--username', 'admin', '--password-stdin'], { input: password });
    run('secret create mongodb-uri --from-literal mongodb://127.0.0.1:1');
    run('secret create clickhouse-password --from-literal none');
  });
  afterAll(async () => {
    for (const id of containers) dockerRun('rm', '--force', id);
    workspace?.close();
    await gateway?.stop();
  });

  test('faas-cli up -f stack.yml builds, pushes and deploys; all seven functions answer', async () => {
    const output = run('up -f stack.yml');
    expect(output.match(/Deployed\. 202 Accepted/g)).toHaveLength(names.length);
    for (const name of names) {
      const tags = await (await fetch(`http://${registry}/v2/${name}/tags/list`)).json();
      expect(tags).toMatchObject({ tags: expect.arrayContaining(['latest']) });
      await gateway.waitForReplicas(name, 1);
      await expectAnswer(name, `${gateway.url}/function/${name}`);
    }
  });

  test.each(names)('the image of %s answers, read-only, without privileges', async (name) => {
    const { id, url } = await start(name);
    await expectAnswer(name, url);
    expect(dockerRun('exec', id, 'id', '-u')).toBe('1000');
    expect(dockerRun('logs', id)).toContain(`"function":"${name}"`);
    dockerRun('rm', '--force', id);
  });

  describe('an image', () => {
    test('is its base, the watchdog and one bundle', () => {
      const sizes = dockerRun(
        'history',
        '--human=false',
        '--format',
        '{{.Size}} {{.CreatedBy}}',
        `${registry}/query:latest`,
      );
      const copied = sizes.split('\n').filter((line) => line.includes('COPY'));
      expect(copied).toHaveLength(2);
      const bytes = copied.map((line) => Number.parseInt(line, 10)).reduce((sum, size) => sum + size, 0);
      expect(bytes).toBeLessThan(25_000_000);
    });

    test('stops gracefully: calls are taken until the watchdog takes none', async () => {
      const { id, url } = await start('transform', '--env', 'healthcheck_interval=15s');
      dockerRun('kill', '--signal', 'TERM', id);
      await eventually(async () => expect((await fetch(`${url}/_/ready`)).status).toBe(503));
      await expectAnswer('transform', url);
      await eventually(() =>
        expect(dockerRun('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', id)).toBe('exited 0'),
      );
    });
  });

  test('new --lang node24-batch: a function that builds and answers', async () => {
    run('new hello --lang node24-batch --append stack.yml --handler functions/hello --quiet');
    run(`build -f stack.yml --filter hello --quiet`);
    dockerRun('tag', 'hello:latest', `${registry}/hello:latest`);
    const { url } = await start('hello');
    const answer = await fetch(`${url}/there`, { method: 'POST', body: 'x' });
    expect(await answer.json()).toEqual({ method: 'POST', path: '/there', body: 'x' });
  });
}

if (faasCli === undefined || 'missing' in docker) {
  test.skip(`faas-cli up (${'missing' in docker ? docker.missing : ''})`, () => {});
} else {
  up(faasCli, docker);
}
