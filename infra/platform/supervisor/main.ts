import { createLogger } from '../../../shared/log/index.ts';
import { forgetGenerator, generatorPart, readGenerator, rememberGenerator } from '../generator/part.ts';
import { parseGenerator } from '../generator/run.ts';
import { platformParts } from '../parts.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings, settingFingerprints } from '../platform-settings.ts';
import { limitLogs } from './log-files.ts';
import { parsePartName } from './part-name.ts';
import { createReporter } from './report.ts';
import { startServer } from './server.ts';
import { createSupervisor } from './supervisor.ts';
import { controlToken } from './token.ts';

/** The daemon behind `make up`: keeps every part running until it is told to stop. */
const log = createLogger('supervisor');
const settings = platformSettings();
const paths = pathsOf(settings);
const supervisor = createSupervisor({ parts: await platformParts(settings), paths, log });
const reporter = createReporter({
  supervisor,
  settings: settingFingerprints(settings),
  dataFolder: paths.root,
});

let stopped: Promise<void> | undefined;
const stop = () => {
  stopped ??= (async () => {
    log.info('stopping');
    clearInterval(logTimer);
    await supervisor.stop();
    reporter.close();
    await server.close();
    log.info('stopped');
  })();
  return stopped;
};

// The port is bound before any part is touched: of two supervisors the second ends here.
const server = await startServer({
  host: settings.bindAddress,
  port: settings.supervisorPort,
  token: controlToken(paths),
  reporter,
  actions: {
    'POST /stop': async () => {
      void stop();
      return { stopping: true };
    },
    'POST /halt': async (body) => {
      const { name } = parsePartName(body);
      await supervisor.halt(name);
      return { halted: name };
    },
    'POST /resume': async (body) => {
      const { name } = parsePartName(body);
      supervisor.resume(name);
      return { resumed: name };
    },
    'POST /generator': async (body) => {
      const run = parseGenerator(body);
      const started = supervisor.add(generatorPart({ settings, run }));
      if (started) rememberGenerator(paths, run);
      return { started };
    },
    'DELETE /generator': async () => {
      forgetGenerator(paths);
      await supervisor.remove('generator');
      return { stopped: true };
    },
  },
});
const logTimer = setInterval(() => limitLogs(paths.logs), 30_000);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

supervisor.start();
const left = readGenerator(paths);
if (left) supervisor.add(generatorPart({ settings, run: left }));
log.info(`supervises ${supervisor.parts().length} parts on port ${settings.supervisorPort}`);
