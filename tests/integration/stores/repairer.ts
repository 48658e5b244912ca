import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { engines } from '../../support/engines.ts';
import type { CheckRig } from './check-rig.ts';

/** A statement that a repairer has sent when it was killed. */
export interface Held {
  /** Lets it reach the server, however late; resolves when it was answered. */
  land(): Promise<number>;
}

/**
 * Runs a repair as the deployed function does, in a process of its own, and kills it (SIGKILL) at the first statement
 * whose text matches: before that reaches the server, or when the server has answered and the repairer has not heard.
 */
export async function killRepair(
  rig: CheckRig,
  { at, when }: { at: RegExp; when: 'sent' | 'done' },
): Promise<Held> {
  const upstream = new URL(rig.clickhouse.settings.clickhouseUrl);
  let met: (held: Held) => void = () => {};
  const killed = new Promise<Held>((resolve) => {
    met = resolve;
  });
  let kill: (() => Promise<void>) | undefined;

  const proxy = createServer(async (request, response) => {
    const body = await buffer(request);
    const pass = () =>
      new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
        (resolve, reject) => {
          const { method, url: path, headers } = request;
          const { hostname: host, port } = upstream;
          httpRequest({ host, port, method, path, headers }, async (answer) =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body: await buffer(answer),
            }),
          )
            .on('error', reject)
            .end(body);
        },
      );
    const text = `${decodeURIComponent((request.url ?? '').replaceAll('+', ' '))} ${body.toString('latin1', 0, 300)}`;
    if (kill !== undefined && at.test(text)) {
      const stop = kill;
      kill = undefined;
      if (when === 'done') await pass();
      await stop();
      met({ land: async () => (await pass()).status });
      return;
    }
    const answer = await pass();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');

  const { clickhouse, mongo } = rig;
  const child = fork(join('template', 'node24-batch', 'index.ts'), [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {
      PATH: process.env.PATH,
      FUNCTION_HANDLER: join('functions', 'aggregation-check', 'handler.ts'),
      FUNCTION_NAME: 'aggregation-check',
      PORT: '0',
      LOG_LEVEL: 'error',
      KAFKA_BOOTSTRAP_SERVERS: engines().kafka,
      EVENTS_CLEAN_TOPIC: rig.topic,
      EVENTS_DLQ_TOPIC: rig.deadLetterTopic,
      CLICKHOUSE_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      CLICKHOUSE_DATABASE: clickhouse.settings.clickhouseDatabase,
      MONGODB_URI: mongo.settings.mongodbUri,
      MONGODB_DATABASE: mongo.settings.mongodbDatabase,
    },
  });
  const exited = once(child, 'exit');
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    kill = async () => {
      child.kill('SIGKILL');
      await exited;
    };
    const answer = fetch(`http://127.0.0.1:${port}/?repair=1`, { method: 'POST' }).then(async (response) => {
      throw new Error(`the repair came to its end: ${response.status} ${await response.text()}`);
    });
    // A connection that breaks off is what a kill looks like.
    const untimely = answer.catch((error) => {
      if (kill !== undefined) throw error;
      return killed;
    });
    return await Promise.race([killed, untimely]);
  } finally {
    child.kill('SIGKILL');
    await exited;
    proxy.closeAllConnections();
    proxy.close();
  }
}
