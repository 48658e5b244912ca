import type { Settings } from '../../shared/config/index.ts';
import { SettingsError } from '../../shared/errors/index.ts';
import { autoscalerPart } from '../autoscaler/part.ts';
import { claimsPart } from '../claims/part.ts';
import { connectorPart } from '../connector/part.ts';
import { gatewayPart } from '../gateway/part.ts';
import { ensureGatewayPassword } from '../gateway/password.ts';
import type { Part } from './part.ts';
import { clashingPorts } from './ports.ts';

/**
 * The parts that these settings ask for, each after those it needs.
 *
 * @throws SettingsError when two parts would share a port.
 */
export async function platformParts(settings: Settings): Promise<Part[]> {
  // There all of it runs in containers, which docker keeps running.
  if (settings.engines === 'compose') return [];
  const stores = await engineParts(settings);
  const keeper = { ...claimsPart(settings), after: stores.map(({ name }) => name) };
  const engines = settings.claims ? [...stores, keeper] : stores;
  const gateway = gatewayPart(settings);
  const withPassword = { ...settings, gatewayPassword: ensureGatewayPassword(settings) };
  const connector = connectorPart(withPassword);
  // Functions and connector use engines and keeper to the end: they come up after them and are stopped before them.
  const names = engines.map(({ name }) => name);
  const parts = [
    ...engines,
    { ...gateway, after: [...gateway.after, ...names] },
    { ...connector, after: [...connector.after, ...names] },
    autoscalerPart(withPassword),
  ];
  const supervisor = {
    name: 'supervisor',
    ports: [{ port: settings.supervisorPort, setting: 'SUPERVISOR_PORT' }],
  };
  const clashes = clashingPorts([supervisor, ...parts]);
  if (clashes.length > 0) throw new SettingsError(clashes);
  return parts;
}

async function engineParts(settings: Settings): Promise<Part[]> {
  if (settings.engines !== 'embedded') return [];
  const [{ kafkaParts }, { mongoPart }, { clickhousePart }] = await Promise.all([
    import('../embedded/kafka/part.ts'),
    import('../embedded/mongo/part.ts'),
    import('../embedded/clickhouse/part.ts'),
  ]);
  return [...kafkaParts(settings), mongoPart(settings), clickhousePart(settings)];
}
