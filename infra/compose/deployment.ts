import type { Settings } from '../../shared/config/index.ts';
import { containerAddresses } from './addresses.ts';
import { ensureSecrets } from './secrets.ts';

/** What a deployment into the gateway's container is told: addresses and users as its functions see them. */
export function deployment(
  settings: Settings,
  env: NodeJS.ProcessEnv = process.env,
): { settings: Settings; env: NodeJS.ProcessEnv } {
  const addresses = containerAddresses(settings, ensureSecrets(settings.dataDir));
  // Those of this machine's environment mean this machine.
  const { KAFKA_BOOTSTRAP_SERVERS: _, CLICKHOUSE_URL: __, CLICKHOUSE_SHARDS: ___, ...others } = env;
  return {
    settings: { ...settings, ...addresses },
    env: { ...others, CLICKHOUSE_USER: addresses.clickhouseUser },
  };
}
