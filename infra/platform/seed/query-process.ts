import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { projectRoot } from '../paths.ts';

export interface QueryProcess {
  /** Asks a path and answers how many rows were read for it. @throws Error with the function's own words. */
  ask(path: string): Promise<number>;
  close(): Promise<void>;
}

/** The function `query` in a process of its own, over another database than the pipeline's. */
export async function startQuery(settings: Settings, database: string): Promise<QueryProcess> {
  const child = fork(join(projectRoot, 'template/node24-batch/index.ts'), [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {
      PATH: process.env.PATH,
      FUNCTION_HANDLER: join(projectRoot, 'functions/query/handler.ts'),
      FUNCTION_NAME: 'query',
      PORT: '0',
      LOG_LEVEL: 'error',
      CLICKHOUSE_URL: settings.clickhouseUrl,
      CLICKHOUSE_USER: settings.clickhouseUser,
      CLICKHOUSE_PASSWORD: settings.clickhousePassword ?? '',
      CLICKHOUSE_DATABASE: database,
      MONGODB_URI: settings.mongodbUri,
    },
  });
  const failed = once(child, 'exit').then(() => {
    throw new PipelineError('QUERY', 'the function query ended before it was ready');
  });
  const [{ port }] = (await Promise.race([once(child, 'message'), failed])) as [{ port: number }];
  failed.catch(() => {});
  return {
    async ask(path) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      const answer = (await response.json()) as { meta?: { rows_read?: number }; error?: string };
      if (!response.ok) throw new Error(`${response.status} ${answer.error}`);
      return answer.meta?.rows_read ?? 0;
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
