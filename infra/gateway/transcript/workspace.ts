import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** faas-cli where there is one: what `FAAS_CLI` names, else the one on PATH. */
export function findFaasCli(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const candidates = env.FAAS_CLI
    ? [env.FAAS_CLI]
    : (env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'faas-cli'));
  return candidates.map((path) => resolve(path)).find((path) => existsSync(path));
}

export interface Run {
  command: string;
  /** What it printed, on both streams, without colours. */
  output: string;
  exitCode: number | null;
}

/** A copy of the checkout to run faas-cli in: it writes into its working directory and its home. */
export interface Workspace {
  readonly folder: string;
  /** Runs faas-cli with these arguments. */
  run(args: readonly string[], options?: { input?: string; timeoutMs?: number }): Run;
  close(): void;
}

export function createWorkspace({
  faasCli,
  gatewayUrl,
  env = {},
}: {
  faasCli: string;
  gatewayUrl: string;
  /** More variables for faas-cli. */
  env?: NodeJS.ProcessEnv;
}): Workspace {
  const root = resolve(import.meta.dirname, '../../..');
  const folder = mkdtempSync(join(tmpdir(), 'faas-cli-'));
  const home = join(folder, '.home');
  mkdirSync(home);
  for (const name of [
    'functions',
    'shared',
    'template',
    'infra',
    'stack.yml',
    'package.json',
    'package-lock.json',
  ]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

  return {
    folder,
    run: (args, { input = '', timeoutMs = 60_000 } = {}) => {
      const { stdout, stderr, status } = spawnSync(faasCli, args, {
        cwd: folder,
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        input,
        timeout: timeoutMs,
        env: { ...env, PATH: process.env.PATH, HOME: home, OPENFAAS_URL: gatewayUrl },
      });
      const shown = args.map((arg) => (/^[\w./:=@*-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ');
      return {
        command: `faas-cli ${shown}`,
        // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
        output: `${stdout}${stderr}`.replace(/\u001b\[[0-9;]*m/g, ''),
        exitCode: status,
      };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
