import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createWorkspace, findFaasCli, type Workspace } from '../../../infra/gateway/transcript/workspace.ts';
import { password, startGateway, type TestGateway } from './start-gateway.ts';

// Processes start and stop here; on a busy machine that takes its time.
jest.setTimeout(120_000);

const faasCli = findFaasCli();
const why = 'faas-cli is neither on PATH nor in FAAS_CLI';

if (faasCli === undefined) {
  test.skip(`the verbs of a real faas-cli (${why})`, () => {});
} else {
  verbs(faasCli);
}

function verbs(binary: string): void {
  let gateway: TestGateway;
  let workspace: Workspace;
  const run = (text: string, options?: { input?: string; timeoutMs?: number }) =>
    workspace.run(text.split(' '), options);
  const ok = (text: string, options?: { input?: string }) => {
    const { output, exitCode } = run(text, options);
    expect([text, output, exitCode]).toEqual([text, expect.any(String), 0]);
    return output;
  };

  beforeAll(async () => {
    gateway = await startGateway({ FUNCTIONS_DIR: 'functions' });
    workspace = createWorkspace({ faasCli: binary, gatewayUrl: gateway.url });
  });
  afterAll(async () => {
    workspace?.close();
    await gateway?.stop();
  });

  test('login: refused with a wrong password, saved with the right one', () => {
    expect(run('list')).toMatchObject({ exitCode: 1, output: expect.stringContaining('nauthorized') });
    expect(run('login --username admin --password-stdin', { input: 'wrong' })).toMatchObject({ exitCode: 1 });
    expect(ok('login --username admin --password-stdin', { input: password })).toContain('credentials saved');
  });

  test('secret: create, list, update, remove', () => {
    expect(ok('secret create mongodb-uri --from-literal mongodb://127.0.0.1')).toContain('Created: 201');
    expect(run('secret create mongodb-uri --from-literal x').output).toContain('already exists');
    expect(ok('secret create clickhouse-password --from-literal none')).toContain('Created');
    expect(ok('secret list')).toMatch(/clickhouse-password\s+mongodb-uri/);
    expect(ok('secret update mongodb-uri --from-literal mongodb://127.0.0.2')).toContain('Updated: 202');
    expect(run('secret update none --from-literal x').output).toContain('unable to find secret');
    expect(run('secret remove none').exitCode).toBe(1);
  });

  test('deploy -f stack.yml deploys all seven functions, which get ready', () => {
    expect(ok('deploy -f stack.yml').match(/Deployed\. 202 Accepted/g)).toHaveLength(7);
    for (const name of ['transform', 'query', 'ingest']) ok(`ready ${name} --attempts 60 --interval 1s`);
    expect(ok('list').trim().split('\n')).toHaveLength(8);
    expect(ok('list -v')).toContain('127.0.0.1:5000/transform:latest');
    expect(ok('describe transform')).toMatch(
      /Status:\s+Ready[\s\S]*kafka\.delivery: transactional[\s\S]*Memory: 512Mi/,
    );
    // Not every faas-cli has it.
    if (run('diff --help').exitCode === 0) ok('diff -f stack.yml');
    expect(run('describe none')).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('No such function'),
    });
  });

  test('deploy with --filter, --regex, --env, --label, --annotation, --update, --replace', async () => {
    expect(
      ok('deploy -f stack.yml --filter trans* --env LOG_LEVEL=warn --label team=a --annotation note=b'),
    ).toContain('202');
    expect(await gateway.status('transform')).toMatchObject({
      envVars: { LOG_LEVEL: 'warn' },
      labels: { team: 'a' },
      annotations: { note: 'b', topic: 'events_raw' },
    });
    expect(run('deploy -f stack.yml --filter transform --update=false')).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('409'),
    });
    expect(ok('deploy -f stack.yml --regex ^transform$ --replace --update=false')).toContain(
      'Removing old function',
    );
    expect((await gateway.status('transform')).labels).not.toHaveProperty('team');
  });

  test('invoke: standard input, method, query, headers; logs', () => {
    ok('ready ingest --attempts 60 --interval 1s');
    expect(
      run('invoke ingest --content-type application/json --header X-A:b --query c=d', { input: 'no JSON' }),
    ).toMatchObject({
      exitCode: 1,
      output: expect.stringMatching(/status code: 400/),
    });
    expect(run('invoke none', { input: '' })).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('404'),
    });
    expect(ok('logs ingest --tail=false --lines 5')).toContain('"msg":"ready"');
    expect(run('logs ingest --lines 1', { timeoutMs: 2000 }).output).toContain('ingest');
    expect(run('logs none --tail=false').exitCode).toBe(1);
  });

  test('new --lang node24-batch: a function that can be deployed to a gateway that has its folder', async () => {
    ok('new hello --lang node24-batch --append stack.yml --handler functions/hello --quiet');
    expect(existsSync(join(workspace.folder, 'functions/hello/handler.ts'))).toBe(true);
    expect(readFileSync(join(workspace.folder, 'stack.yml'), 'utf8')).toMatch(
      /hello:\n {4}lang: node24-batch/,
    );
    const other = await startGateway({ FUNCTIONS_DIR: join(workspace.folder, 'functions') });
    try {
      await other.deploy('hello');
      const answer = await fetch(`${other.url}/function/hello/there`, { method: 'POST', body: 'x' });
      expect(await answer.json()).toEqual({ method: 'POST', path: '/there', body: 'x' });
    } finally {
      await other.stop();
    }
  });

  test('build --shrinkwrap lays out what the Dockerfile expects', () => {
    ok('build -f stack.yml --shrinkwrap --filter transform');
    for (const file of [
      'Dockerfile',
      'bundle.ts',
      'package-lock.json',
      'function/handler.ts',
      'function/shared/log/index.ts',
    ]) {
      expect([file, existsSync(join(workspace.folder, 'build/transform', file))]).toEqual([file, true]);
    }
  });

  test('remove, logout', async () => {
    expect(ok('remove query')).toContain('Removing old function');
    expect(run('remove query').exitCode).toBe(1);
    ok('remove -f stack.yml');
    expect(ok('list -q').trim()).toBe('');
    ok('secret remove mongodb-uri');
    ok('logout');
    expect(run('list').exitCode).toBe(1);
  });
}
