import type { Settings } from '../../shared/config/index.ts';
import { containerAddresses } from './addresses.ts';
import { ensureSecrets } from './secrets.ts';

/** What a deployment into the gateway's container is told: addresses and users as its functions see them. */
export function deployment(
  settings: Settings,
  env: NodeJS.ProcessEnv = process.env,
): { settings: Settings; env: NodeJS.ProcessEnv } {
  const addresses = containerAddresses(settings, ensureSecrets(settings.dataDir));
  const claimsUrl = settings.claims ? 'http://claims:8084' : undefined;
  // Those of this machine's environment mean this machine.
  const {
    KAFKA_BOOTSTRAP_SERVERS: _,
    CLICKHOUSE_URL: __,
    CLICKHOUSE_SHARDS: ___,
    CLAIMS_URL: ____,
    ...others
  } = env;
  return {
    settings: { ...settings, ...addresses, claimsUrl },
    env: { ...others, CLICKHOUSE_USER: addresses.clickhouseUser },
  };
}
