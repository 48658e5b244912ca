import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Settings } from '../../shared/config/index.ts';
import { PipelineError } from '../../shared/errors/index.ts';
import { composeEnvironment } from './environment.ts';
import { ensureClusterId, ensureSecrets, secretsFolder } from './secrets.ts';

const here = import.meta.dirname;

/** One program's end. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** docker-compose with this platform's project, files, sizes and ports. */
export interface Compose {
  /** Its output goes to the terminal. @throws PipelineError `COMPOSE` when it fails. */
  show(args: readonly string[]): Promise<void>;
  /** @throws PipelineError `COMPOSE` with what it said when it fails. */
  ask(args: readonly string[]): Promise<string>;
  /** Names of the services that belong to this size. */
  services(): Promise<string[]>;
  /** Every container of the project, running or not. */
  containers(): Promise<Container[]>;
}

export interface Container {
  /** The service of docker-compose.yml. */
  service: string;
  /** created, running, exited, restarting … */
  state: string;
  /** As docker words it: `Up 2 minutes (healthy)`. */
  status: string;
}

/** Makes secrets and the env file, and finds docker. @throws PipelineError `DOCKER` when there is none to use. */
export async function openCompose(settings: Settings): Promise<Compose> {
  ensureSecrets(settings.dataDir);
  const envFile = join(settings.dataDir, 'compose.env');
  mkdirSync(settings.dataDir, { recursive: true });
  writeFileSync(
    envFile,
    composeEnvironment({
      settings,
      sizes: readFileSync(join(here, `${settings.composeSize}.env`), 'utf8'),
      secretsFolder: secretsFolder(settings.dataDir),
      clusterId: ensureClusterId(settings.dataDir),
    }),
  );
  const program = await findCompose();
  const files = ['docker-compose.yml', ...(settings.composeFiles?.split(',') ?? [])];
  const common = [
    ...['--project-name', settings.composeProject, '--env-file', envFile],
    ...files.flatMap((file) => ['--file', join(here, file.trim())]),
    ...(settings.composeSize === 'full' ? ['--profile', 'full'] : []),
  ];
  const composed = (args: readonly string[]): [string, string[]] => {
    const [name, ...first] = program as [string, ...string[]];
    return [name, [...first, ...common, ...args]];
  };
  const ask = async (args: readonly string[]) => {
    const { code, stdout, stderr } = await run(...composed(args));
    if (code !== 0) {
      throw new PipelineError('COMPOSE', `docker-compose ${args.join(' ')}: ${(stderr || stdout).trim()}`);
    }
    return stdout;
  };
  return {
    ask,
    services: async () => servicesOf(await ask(['config']), settings.composeSize),
    show: async (args) => {
      const { code } = await run(...composed(args), { show: true });
      if (code !== 0)
        throw new PipelineError('COMPOSE', `docker-compose ${args[0]} failed; its reason stands above`);
    },
    containers: async () => {
      const label = `label=com.docker.compose.project=${settings.composeProject}`;
      const { stdout } = await run('docker', ['ps', '--all', '--filter', label, '--format', '{{json .}}']);
      return containersOf(stdout);
    },
  };
}

/** Services of the whole configuration (YAML) that a profile does not leave out; docker-compose 1 lists all of them. */
export function servicesOf(configuration: string, profile: string): string[] {
  const { services } = parse(configuration) as { services: Record<string, { profiles?: string[] }> };
  return Object.entries(services)
    .filter(([, { profiles }]) => profiles === undefined || profiles.includes(profile))
    .map(([name]) => name);
}

/** What `docker ps --format '{{json .}}'` says, by service. */
export function containersOf(lines: string): Container[] {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const { Labels, State, Status } = JSON.parse(line) as Record<'Labels' | 'State' | 'Status', string>;
      const service = /(?:^|,)com\.docker\.compose\.service=([^,]*)/.exec(Labels)?.[1] ?? '';
      return { service, state: State, status: Status };
    })
    .sort((a, b) => (a.service < b.service ? -1 : 1));
}

async function findCompose(): Promise<string[]> {
  const engine = await run('docker', ['info', '--format', '{{.ServerVersion}}']);
  if (engine.code !== 0) {
    throw new PipelineError(
      'DOCKER',
      `ENGINES=compose needs Docker, and it cannot be used: ${(engine.stderr || engine.stdout).trim()}`,
    );
  }
  for (const program of [['docker', 'compose'], ['docker-compose']]) {
    const [name, ...args] = program as [string, ...string[]];
    if ((await run(name, [...args, 'version'])).code === 0) return program;
  }
  throw new PipelineError(
    'DOCKER',
    'ENGINES=compose needs `docker compose` or docker-compose 1.28 or newer: neither is here',
  );
}

function run(program: string, args: readonly string[], { show = false } = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (data) => {
      stdout += data;
    });
    child.stderr?.on('data', (data) => {
      stderr += data;
    });
    child.once('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
