import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import { containerStatus } from '../container-status.ts';
import { functionRows } from '../function-rows.ts';
import { platformParts } from '../parts.ts';
import { platformSettings } from '../platform-settings.ts';
import { askStatus } from '../supervisor/client.ts';
import { colour } from '../terminal/colour.ts';
import { bytes, type Cell, table } from '../terminal/table.ts';
import { whereToLook } from '../where-to-look.ts';
import { main } from './main.ts';

/** `make status`: asks every health endpoint now. Exit code 1 unless all is well. */
await main(async () => {
  const settings = platformSettings();
  if (settings.engines === 'compose') return containerStatus(settings);
  const parts = await platformParts(settings);
  const [report, ...healths] = await Promise.all([
    askStatus(settings, { timeoutMs: 3000 }).catch(silent),
    ...parts.map((part) => part.health()),
  ]);
  if (!report) {
    console.log('The platform does not run: `make up` starts it.');
    return 1;
  }
  if (report instanceof PipelineError) {
    const rows = parts.map(({ name }, i): Cell[] => {
      const ok = healths[i]?.ok === true;
      return [
        name,
        colour(ok ? 'green' : 'red', ok ? 'ready' : 'unhealthy'),
        healths[i]?.detail.split('\n')[0],
      ];
    });
    rows.push(['supervisor', colour('red', 'unhealthy'), messageOf(report)]);
    console.log(table(['part', 'state', 'health'], rows));
    return 1;
  }
  const rows = report.parts.map((part): Cell[] => {
    const health = healths[parts.findIndex(({ name }) => name === part.name)];
    const ready = part.state === 'ready' && health?.ok !== false;
    const state = part.state === 'ready' && !ready ? 'unhealthy' : part.state;
    return [
      part.name,
      colour(ready ? 'green' : part.state === 'done' ? 'gray' : 'red', state),
      (health?.detail ?? part.detail).split('\n')[0],
      part.ports.map(({ port }) => `${settings.bindAddress}:${port}`).join(' '),
      part.usage ? bytes(part.usage.residentBytes) : '',
      part.cpuShare === undefined ? '' : `${Math.round(part.cpuShare * 100)}%`,
      part.restarts || '',
    ];
  });
  const { bindAddress, supervisorPort } = settings;
  rows.push([
    'supervisor',
    colour('green', 'ready'),
    `process ${report.pid}`,
    `${bindAddress}:${supervisorPort}`,
  ]);
  console.log(table(['part', 'state', 'health', 'address', 'memory', 'cpu', 'restarts'], rows));
  const functions = await functionRows(settings);
  console.log(`\n${table(['function', 'state', 'replicas', 'calls', 'memory'], functions.rows)}`);
  console.log(
    `\nall processes: ${bytes(report.memoryBytes)} now, ${bytes(report.peakMemoryBytes)} at most since ` +
      `${report.startedAt.slice(0, 19)}Z; ${Math.round(report.cpuShare * 100)}% of one processor`,
  );
  console.log(`\n${whereToLook(settings)}`);
  const well =
    healths.every(({ ok }) => ok) && report.parts.every(({ state }) => ['ready', 'done'].includes(state));
  return well && functions.allReady ? 0 : 1;
});

/** A supervisor that hangs is a fault of its own; the other parts are asked all the same. */
function silent(error: unknown): PipelineError {
  if (error instanceof PipelineError && error.code === 'SUPERVISOR_SILENT') return error;
  throw error;
}
