import { freePorts } from '../../support/ports.ts';

/** Settings of a platform of its own, beside any other that runs: free ports and a folder of its own. */
export async function chaosEnvironment({
  dataDir,
  brokers,
}: {
  dataDir: string;
  brokers: number;
}): Promise<NodeJS.ProcessEnv> {
  const names = [
    'MONGODB_PORT',
    'CLICKHOUSE_PORT',
    'GATEWAY_PORT',
    'CONNECTOR_PORT',
    'AUTOSCALER_PORT',
    'SUPERVISOR_PORT',
    'CLAIMS_PORT',
  ];
  const ports = await freePorts(names.length);
  const [kafka, controller] = [await consecutive(brokers), await consecutive(brokers)];
  const settings = Object.fromEntries(names.map((name, i) => [name, String(ports[i])]));
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATA_DIR: dataDir,
    KAFKA_BROKERS: String(brokers),
    KAFKA_PORT: kafka,
    KAFKA_CONTROLLER_PORT: controller,
    ...settings,
    // Named, because the gateway's address is that of a proxy.
    CLAIMS_URL: `http://127.0.0.1:${settings.CLAIMS_PORT}`,
  };
}

const consecutive = async (count: number) => String((await freePorts(count, { consecutive: true }))[0]);
