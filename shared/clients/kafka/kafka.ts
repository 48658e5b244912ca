import type { ConnectionOptions } from '@platformatic/kafka';
import { Kafka, type KafkaConfig, type LogEntry, logLevel, type SASLOptions } from 'kafkajs';
import type { Logger } from '../../log/index.ts';
import { stopIdleTimer } from './idle-timer.ts';

export interface KafkaOptions {
  /** `host:port`, several separated by commas. */
  bootstrapServers: string;
  /** Names this process in the brokers' logs and quotas. */
  clientId: string;
  log: Logger;
  /** TLS and SASL, as `securityOptions` gives them. */
  connectionOptions?: ConnectionOptions;
}

/** A kafkajs client; each producer, consumer or admin made from it has connections of its own. */
export function createKafka({
  bootstrapServers,
  clientId,
  log,
  connectionOptions = {},
}: KafkaOptions): Kafka {
  stopIdleTimer();
  return new Kafka({
    clientId,
    brokers: bootstrapServers.split(','),
    ...securityOf(connectionOptions),
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: patient,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => writeLog(log, entry),
  });
}

/** In kafkajs's own words. */
function securityOf({ tls, sasl }: ConnectionOptions): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls === undefined ? {} : { ssl: tls }),
    ...(sasl === undefined
      ? {}
      : { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as SASLOptions }),
  };
}

/** 5 ms, 10 ms, … 500 ms, …: gives up after about 12 s. */
const patient = { initialRetryTime: 5, multiplier: 2, maxRetryTime: 500, retries: 30 };

/** kafkajs speaks of every retry as an error. What finally fails is thrown, and logged by whom it concerns. */
function writeLog(log: Logger, { log: { message, timestamp: _, logger, ...details } }: LogEntry): void {
  log.debug({ kafka: details }, `${logger}: ${message}`);
}
