import { spawnSync } from 'node:child_process';

/** Docker as `faas-cli up` needs it: an engine, and a registry that takes what is pushed. */
export interface Docker {
  /** Host and port that the images' names begin with. */
  registry: string;
  /** Variables that whoever calls the docker command must have. */
  env: NodeJS.ProcessEnv;
}

/** The engine that the docker command reaches, with the registry of `REGISTRY`; else what is missing. */
export async function findDocker(
  env: NodeJS.ProcessEnv = process.env,
): Promise<Docker | { missing: string }> {
  const registry = env.REGISTRY || '127.0.0.1:5000';
  const { error, status } = spawnSync('docker', ['info'], { env, stdio: 'ignore', timeout: 20_000 });
  if (error !== undefined) return { missing: 'there is no docker command' };
  if (status !== 0) return { missing: 'no Docker engine answers' };
  try {
    const answer = await fetch(`http://${registry}/v2/`, { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) return { missing: `the registry ${registry} answers ${answer.status}` };
  } catch {
    return { missing: `there is no registry at ${registry} (REGISTRY)` };
  }
  const names = ['DOCKER_HOST', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY', 'DOCKER_BUILDKIT'];
  return {
    registry,
    env: { REGISTRY: registry, ...Object.fromEntries(names.map((name) => [name, env[name]])) },
  };
}
