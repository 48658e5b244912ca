import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { PipelineError } from '../../shared/errors/index.ts';

/** The path of a program; undefined where there is none. */
export function programOf(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The path of prometheus. @throws PipelineError `NO_PROMETHEUS` where none is installed. */
export function requirePrometheus(): string {
  const program = programOf('prometheus');
  if (program !== undefined) return program;
  throw new PipelineError(
    'NO_PROMETHEUS',
    'There is no prometheus on this machine. On Debian: apt-get install --no-install-recommends prometheus',
  );
}

/** prometheus.yml for a gateway elsewhere; its rules are named by their whole path, so it may lie anywhere. */
export function prometheusConfig(gatewayUrl: string): string {
  const text = readFileSync(join(import.meta.dirname, 'prometheus.yml'), 'utf8');
  const { host, protocol } = new URL(gatewayUrl);
  return text
    .replaceAll('- rules/', `- ${resolve(import.meta.dirname, 'rules')}/`)
    .replace('["127.0.0.1:8080"]', `["${host}"]`)
    .replace('honor_labels: true', `honor_labels: true\n    scheme: ${protocol.replace(':', '')}`);
}

/** Writes the configuration into `folder` and says how Prometheus is started with it, its data there too. */
export function prometheusCommand({
  program,
  folder,
  gatewayUrl,
  address,
}: {
  program: string;
  folder: string;
  gatewayUrl: string;
  /** host:port that it listens on. */
  address: string;
}): string[] {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, prometheusConfig(gatewayUrl));
  return [
    program,
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    // Availability is told over 30 days.
    '--storage.tsdb.retention.time=31d',
    `--web.listen-address=${address}`,
    '--log.level=warn',
  ];
}
