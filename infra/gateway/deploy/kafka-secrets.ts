import { readFileSync } from 'node:fs';
import type { Settings } from '../../../shared/config/index.ts';
import type { FunctionDeployment } from '../provider/deployment.ts';
import { secretMount } from '../provider/environment.ts';

type Needed = Pick<
  Settings,
  'kafkaTls' | 'kafkaTlsCaFile' | 'kafkaSaslMechanism' | 'kafkaUsername' | 'kafkaPassword'
>;

/**
 * What functions that speak to Kafka themselves need for brokers with TLS or passwords: secrets, and variables of
 * stack.yml that name these where a function finds them. The settings name files of this machine.
 */
export function kafkaSecrets(settings: Needed): {
  secrets: Record<string, string>;
  variables: Record<string, string>;
} {
  const { kafkaTls, kafkaTlsCaFile, kafkaSaslMechanism, kafkaUsername, kafkaPassword } = settings;
  const secrets: Record<string, string> = {};
  const variables: Record<string, string> = {};
  if (kafkaTls) variables.KAFKA_TLS = 'true';
  if (kafkaTlsCaFile !== undefined) {
    secrets['kafka-ca'] = readFileSync(kafkaTlsCaFile, 'utf8');
    variables.KAFKA_TLS_CA_FILE = `${secretMount}/kafka-ca`;
  }
  if (kafkaSaslMechanism !== undefined) variables.KAFKA_SASL_MECHANISM = kafkaSaslMechanism;
  if (kafkaUsername !== undefined) variables.KAFKA_USERNAME = kafkaUsername;
  if (kafkaPassword !== undefined) {
    secrets['kafka-password'] = kafkaPassword;
    variables.KAFKA_PASSWORD_FILE = `${secretMount}/kafka-password`;
  }
  return { secrets, variables };
}

/** Gives each function those secrets whose files its environment names. */
export function withNamedSecrets(
  deployments: readonly FunctionDeployment[],
  names: readonly string[],
): FunctionDeployment[] {
  return deployments.map((deployment) => {
    const values = new Set(Object.values(deployment.envVars ?? {}));
    const named = names.filter((name) => values.has(`${secretMount}/${name}`));
    if (named.length === 0) return deployment;
    return { ...deployment, secrets: [...new Set([...(deployment.secrets ?? []), ...named])] };
  });
}
