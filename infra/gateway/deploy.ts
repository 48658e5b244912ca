import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseShards } from '../../shared/clients/clickhouse/addresses.ts';
import { readSettings, type Settings } from '../../shared/config/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import { keeperUrl } from '../claims/part.ts';
import { createGatewayClient } from './deploy/client.ts';
import { deployStack } from './deploy/deploy-stack.ts';
import { withFingerprints } from './deploy/fingerprint.ts';
import { kafkaSecrets, withNamedSecrets } from './deploy/kafka-secrets.ts';
import { readStack, type Stack } from './deploy/stack-file.ts';
import { readGatewayPassword } from './password.ts';

/**
 * Deploys a stack file through a gateway's REST API, as `faas-cli deploy -f stack.yml` does, from the checkout:
 * the local gateway runs functions as processes and needs no image.
 *
 * Addresses that the stack file leaves to variables are those of the settings, so that a moved port is known.
 */
export async function deploy({
  settings,
  stackFile = 'stack.yml',
  filter,
  env = process.env,
  onProgress,
}: {
  settings: Settings;
  stackFile?: string;
  /** Only functions whose name matches; `*` stands for any text. */
  filter?: string | undefined;
  env?: NodeJS.ProcessEnv;
  onProgress?: (line: string) => void;
}): Promise<void> {
  const root = resolve(import.meta.dirname, '../..');
  const functionsDir = resolve(root, settings.functionsDir);
  const kafka = kafkaSecrets(settings);
  const local = settings.gatewayUrl === `http://${settings.bindAddress}:${settings.gatewayPort}`;
  const variables = { ...addressesOf(settings, { local }), ...env, ...kafka.variables };
  const { deployments, gatewayUrl } = readStack(readFileSync(stackFile, 'utf8'), variables);
  const stack = { gatewayUrl, deployments: withNamedSecrets(deployments, Object.keys(kafka.secrets)) };
  const secrets = {
    'mongodb-uri': settings.mongodbUri,
    'clickhouse-password': settings.clickhousePassword,
    ...kafka.secrets,
  };
  const wanted = filter === undefined ? stack : filtered(stack, filter);
  await deployStack({
    client: createGatewayClient({
      url: settings.gatewayUrl,
      user: settings.gatewayUser,
      password: readGatewayPassword(settings),
    }),
    // The local gateway runs the code that lies here; elsewhere an image tag may mean something new each time.
    stack: local
      ? { ...wanted, deployments: withFingerprints(wanted.deployments, { root, functionsDir, secrets }) }
      : wanted,
    secrets,
    // Elsewhere the secrets are somebody's own.
    replaceSecrets: local,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

function addressesOf(settings: Settings, { local }: { local: boolean }): Record<string, string> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: settings.kafkaBootstrapServers,
    CLICKHOUSE_URL: settings.clickhouseUrl,
    // One route a shard: a route whose shard a running replica does not know yet is answered 503 and comes again.
    CLICKHOUSE_SHARDS: String(parseShards(settings.clickhouseUrl).length),
    GATEWAY_URL: settings.gatewayUrl,
    // A keeper beside the local gateway is not to be reached from functions that run elsewhere.
    CLAIMS_URL: settings.claimsUrl ?? (local && settings.claims ? keeperUrl(settings) : ''),
  };
}

function filtered(stack: Stack, filter: string): Stack {
  const escaped = filter.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`^${escaped.join('.*')}$`);
  return { ...stack, deployments: stack.deployments.filter((d) => pattern.test(d.service)) };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { file: { type: 'string', short: 'f', default: 'stack.yml' }, filter: { type: 'string' } },
  });
  try {
    await deploy({
      settings: readSettings(process.env),
      stackFile: values.file,
      filter: values.filter,
      onProgress: (line) => console.log(line),
    });
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
