import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SettingsError } from '../../shared/errors/index.ts';
import { parseDuration } from './functions/units.ts';

/**
 * The environment as our settings name it. The names of OpenFaaS's own connectors are taken where they mean the
 * same, so that a deployment made for them works; a name of ours that is given as well wins.
 *
 * @throws SettingsError when one of them cannot be understood.
 */
export function withVendorNames(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const problems: string[] = [];
  const added: NodeJS.ProcessEnv = {};
  const set = (name: string, value: string | undefined) => {
    if (value) added[name] = value;
  };
  const milliseconds = (name: string) => {
    const text = env[name];
    if (!text) return undefined;
    const ms = parseDuration(text);
    if (ms === undefined) problems.push(`${name}: ${JSON.stringify(text)} must be a time, such as 30s`);
    return ms === undefined ? undefined : String(ms);
  };
  set('GATEWAY_URL', env.gateway_url);
  set('KAFKA_BOOTSTRAP_SERVERS', env.broker_hosts ?? env.broker_host);
  set('UPSTREAM_TIMEOUT_MS', milliseconds('upstream_timeout'));
  set('REBUILD_INTERVAL_MS', milliseconds('rebuild_interval'));
  if (env.basic_auth === 'true' || env.basic_auth === '1') {
    const folder = env.secret_mount_path ?? '/var/secrets/gateway';
    try {
      set('GATEWAY_USER', readFileSync(join(folder, 'basic-auth-user'), 'utf8').trim());
      set('GATEWAY_PASSWORD', readFileSync(join(folder, 'basic-auth-password'), 'utf8').trim());
    } catch (error) {
      problems.push(`basic_auth: ${(error as Error).message}; secret_mount_path names the folder`);
    }
  }
  if (env.initial_offset && env.initial_offset !== 'oldest' && env.initial_offset !== 'newest') {
    problems.push(`initial_offset: ${JSON.stringify(env.initial_offset)} must be oldest or newest`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return { ...added, ...env };
}

/** Where functions begin that do not say so themselves: the vendor's `initial_offset`. */
export function defaultStart(env: NodeJS.ProcessEnv): 'earliest' | 'latest' {
  return env.initial_offset === 'newest' ? 'latest' : 'earliest';
}
