import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from '@platformatic/kafka';
import type { Settings } from '../../config/index.ts';
import { SettingsError } from '../../errors/index.ts';

type Needed = Pick<
  Settings,
  'kafkaTls' | 'kafkaTlsCaFile' | 'kafkaSaslMechanism' | 'kafkaUsername' | 'kafkaPassword'
>;

/**
 * TLS and SASL for connections to brokers.
 * @throws SettingsError when a user name or password is missing, or the file of authorities cannot be read.
 */
export function securityOptions(settings: Needed): ConnectionOptions {
  const problems: string[] = [];
  const options: ConnectionOptions = {};
  if (settings.kafkaTls || settings.kafkaTlsCaFile !== undefined) {
    options.tls = {};
    options.tlsServerName = true;
    try {
      if (settings.kafkaTlsCaFile !== undefined) options.tls.ca = readFileSync(settings.kafkaTlsCaFile);
    } catch (error) {
      problems.push(`KAFKA_TLS_CA_FILE: cannot be read: ${(error as Error).message}`);
    }
  }
  const { kafkaSaslMechanism: mechanism, kafkaUsername: username, kafkaPassword: password } = settings;
  if (mechanism !== undefined) {
    if (username === undefined) problems.push(`KAFKA_USERNAME: is needed for ${mechanism}`);
    if (password === undefined) problems.push(`KAFKA_PASSWORD: is needed for ${mechanism}`);
    if (username !== undefined && password !== undefined) options.sasl = { mechanism, username, password };
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return options;
}
