import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createKafka, makeTopics } from '../../../shared/clients/kafka/index.ts';
import { createLogger } from '../../../shared/log/index.ts';
import { findDocker } from './docker.ts';
import { createWorkspace, findFaasCli, type Run } from './workspace.ts';

/**
 * Writes docs/faas-cli.md: every verb of a real faas-cli against a fresh local gateway with the functions of
 * stack.yml. Needs faas-cli on PATH or in FAAS_CLI, and no running platform; with KAFKA_BOOTSTRAP_SERVERS it also
 * shows a queued call, with Docker and a registry (REGISTRY) `up`.
 * Usage: node infra/gateway/transcript/record.ts [output file]
 */
const faasCli = findFaasCli();
if (faasCli === undefined) {
  console.error('faas-cli is neither on PATH nor in FAAS_CLI');
  process.exit(1);
}
const password = 'only-for-this-transcript';
const port = await freePort();
const gatewayUrl = `http://127.0.0.1:${port}`;
const brokers = process.env.KAFKA_BOOTSTRAP_SERVERS;
const queue = `transcript_${process.pid}_${Date.now()}`;
const admin =
  brokers === undefined
    ? undefined
    : createKafka({
        bootstrapServers: brokers,
        clientId: 'transcript',
        log: createLogger('transcript'),
      }).admin();
await admin?.connect();
if (admin !== undefined) await makeTopics(admin, [{ topic: queue, numPartitions: 1 }]);
const docker = await findDocker();
const workspace = createWorkspace({
  faasCli,
  gatewayUrl,
  ...('missing' in docker ? {} : { env: docker.env }),
});
if ('missing' in docker) console.log(`without faas-cli up: ${docker.missing}`);
const gateway = spawn(process.execPath, ['infra/gateway/index.ts'], {
  cwd: workspace.folder,
  stdio: 'ignore',
  env: {
    PATH: process.env.PATH,
    DATA_DIR: join(workspace.folder, '.data'),
    GATEWAY_PORT: String(port),
    GATEWAY_PASSWORD: password,
    KAFKA_BOOTSTRAP_SERVERS: brokers ?? '127.0.0.1:1',
    ASYNC_TOPIC: queue,
  },
});
const runs: Run[] = [];
try {
  await untilHealthy();
  const run = (args: string, options?: { input?: string; timeoutMs?: number }) => {
    const done = workspace.run(words(args), options);
    runs.push(done);
    console.log(`${done.exitCode} ${done.command}`);
  };
  run('login --username admin --password-stdin', { input: password });
  run('version --short-version');
  run('namespace list');
  run('secret create mongodb-uri --from-literal mongodb://127.0.0.1:27017');
  run('secret create clickhouse-password --from-literal none');
  run('secret list');
  run('secret update clickhouse-password --from-literal changed');
  run('deploy -f stack.yml');
  run('diff -f stack.yml');
  for (const name of ['transform', 'query', 'clickhouse-write'])
    run(`ready ${name} --interval 1s --attempts 120`);
  run('list');
  run('list -v');
  run('list -q --sort name');
  run('describe transform');
  run('deploy -f stack.yml --filter trans*');
  run('deploy -f stack.yml --regex ^query$ --env LOG_LEVEL=debug --label team=web --annotation note=hello');
  run('ready query --interval 1s --attempts 120');
  run('deploy -f stack.yml --filter query --replace --update=false');
  if (!('missing' in docker)) run('up -f stack.yml --quiet', { timeoutMs: 1_800_000 });
  run('new hello --lang node24-batch --append stack.yml --handler functions/hello --quiet');
  run('deploy -f stack.yml --filter hello');
  run('ready hello --interval 1s --attempts 120');
  run('invoke hello --header X-Mine:1 --query a=b', { input: 'hello' });
  run('invoke hello --method GET');
  run('invoke nothing', { input: 'hello' });
  if (brokers !== undefined) run('invoke hello --async', { input: 'later' });
  run('logs hello --tail=false --lines 5');
  run('logs hello --lines 1 --name --instance', { timeoutMs: 2000 });
  run('describe hello');
  run('remove hello');
  run('remove -f stack.yml');
  run('secret remove clickhouse-password');
  run('list');
  run('logout');
} finally {
  const exited = once(gateway, 'exit');
  gateway.kill('SIGTERM');
  await exited;
  workspace.close();
  await admin?.deleteTopics({ topics: [queue] });
  await admin?.disconnect();
}
const output = process.argv[2] ?? resolve(import.meta.dirname, '../../../docs/faas-cli.md');
writeFileSync(output, page(runs));

function page(all: readonly Run[]): string {
  const sections = all.map(({ command, output, exitCode }) => {
    const shown = withoutRepetition(output)
      .replaceAll(gatewayUrl, 'http://127.0.0.1:8080')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
    return `\`\`\`console\n$ ${command}\n${shown === '' ? '' : `${shown}\n`}[${exitCode === null ? 'stopped with Ctrl-C' : `exit ${exitCode}`}]\n\`\`\``;
  });
  return `# faas-cli against the local gateway

What a real faas-cli prints, verb by verb, with the functions of \`stack.yml\`. Made by
\`node infra/gateway/transcript/record.ts\` with faas-cli on PATH or in \`FAAS_CLI\`; not written by hand.

This gateway pulls no image: \`127.0.0.1:5000/transform:latest\` stands for \`functions/transform\` of the checkout that the
gateway was started in, as it lies there when a replica starts; its log says so at each deployment. \`faas-cli up\`, which
needs Docker and a registry, builds and pushes the images for another OpenFaaS; for this one \`deploy\` alone, or
\`make deploy\`, is enough. Images that were built before come from Docker's cache here.

${sections.join('\n\n')}
`;
}

/** How often it had to ask is the machine's affair. */
function withoutRepetition(output: string): string {
  const waiting = /^\[\d+\/\d+\] Waiting/;
  const lines = output.split('\n');
  return lines.filter((line, i) => !waiting.test(line) || !waiting.test(lines[i - 1] ?? '')).join('\n');
}

function words(text: string): string[] {
  return text.split(' ');
}

async function untilHealthy(): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      if ((await fetch(`${gatewayUrl}/healthz`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await delay(100);
  }
  throw new Error('the gateway did not start');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return free;
}
