import { tmpdir } from 'node:os';
import type { FunctionDeployment } from './deployment.ts';

/** Where OpenFaaS mounts secrets; variables that point there are pointed to the local folder instead. */
export const secretMount = '/var/openfaas/secrets';

/**
 * The whole environment of a replica: its own variables, where its secrets lie, what the wrapper needs, and
 * nothing else of the gateway's.
 */
export function replicaEnvironment({
  deployment,
  handlerPath,
  secretsDir,
  path,
}: {
  deployment: FunctionDeployment;
  handlerPath: string;
  /** Folder with one file a secret of this function. */
  secretsDir: string;
  /** PATH of the gateway. */
  path: string | undefined;
}): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(deployment.envVars ?? {})) {
    own[name] =
      value === secretMount || value.startsWith(`${secretMount}/`)
        ? secretsDir + value.slice(secretMount.length)
        : value;
  }
  return {
    PATH: path ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: tmpdir(),
    LANG: 'C.UTF-8',
    LOG_FORMAT: 'json',
    ...own,
    OPENFAAS_NAME: deployment.service,
    FUNCTION_NAME: deployment.service,
    FUNCTION_HANDLER: handlerPath,
    SECRETS_DIR: secretsDir,
    PORT: '0',
    BIND_ADDRESS: '127.0.0.1',
  };
}
