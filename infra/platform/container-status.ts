import type { Settings } from '../../shared/config/index.ts';
import { clusterContainers, isHealthy } from '../compose/cluster.ts';
import { functionRows } from './function-rows.ts';
import { askStatus } from './supervisor/client.ts';
import { colour } from './terminal/colour.ts';
import { type Cell, table } from './terminal/table.ts';
import { whereToLook } from './where-to-look.ts';

/** `make status` of ENGINES=compose: containers, generator, functions. @returns 0 when all is well, else 1. */
export async function containerStatus(settings: Settings): Promise<number> {
  const containers = await clusterContainers(settings);
  if (containers.length === 0) {
    console.log('The platform does not run: `make up ENGINES=compose` starts it.');
    return 1;
  }
  const rows = containers.map((container): Cell[] => [
    container.service,
    colour(isHealthy(container) ? 'green' : 'red', container.state),
    container.status,
  ]);
  const generator = (await askStatus(settings))?.parts.find(({ name }) => name === 'generator');
  if (generator) rows.push(['generator', generator.state, generator.detail]);
  console.log(table(['part', 'state', 'health'], rows));
  const functions = await functionRows(settings);
  console.log(`\n${table(['function', 'state', 'replicas', 'calls', 'memory'], functions.rows)}`);
  console.log(`\n${whereToLook(settings)}`);
  return containers.every(isHealthy) && functions.allReady ? 0 : 1;
}
