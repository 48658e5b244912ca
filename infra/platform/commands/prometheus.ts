import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { prometheusCommand, requirePrometheus } from '../../prometheus/command.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make prometheus`: in the foreground, until Ctrl-C. */
await main(async () => {
  const settings = platformSettings();
  const address = `${settings.bindAddress}:${settings.prometheusPort}`;
  const [command = '', ...args] = prometheusCommand({
    program: requirePrometheus(),
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
