import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PipelineError } from '../../../shared/errors/index.ts';
import { programOf, prometheusCommand } from '../../prometheus/command.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make prometheus`: in the foreground, until Ctrl-C. */
await main(async () => {
  const settings = platformSettings();
  const program = programOf('prometheus');
  if (program === undefined) {
    throw new PipelineError(
      'NO_PROMETHEUS',
      'There is no prometheus on this machine. On Debian: apt-get install --no-install-recommends prometheus',
    );
  }
  const address = `${settings.bindAddress}:${settings.prometheusPort}`;
  const [command = '', ...args] = prometheusCommand({
    program,
    folder: join(pathsOf(settings).data, 'prometheus'),
    gatewayUrl: settings.gatewayUrl,
    address,
  });
  console.log(`Prometheus: http://${address}/alerts, of ${settings.gatewayUrl}; Ctrl-C ends it.`);
  const child = spawn(command, args, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return (code as number | null) ?? 1;
});
