import { request } from 'node:http';
import type { Logger } from '../../../shared/log/index.ts';
import { cpuSecondsOf } from '../../platform/process-table.ts';
import type { Replica } from './replica.ts';

export interface LivenessOptions {
  replicas: () => readonly Replica[];
  log: Logger;
  intervalMs?: number;
  timeoutMs?: number;
  /** Silent answers in a row after which a replica that uses no processor time is killed and so started anew. */
  frozenAfter?: number;
  /** The same for one that works: a long batch on a busy machine looks like this, an endless loop as well. */
  loopingAfter?: number;
}

type Silence = {
  /** Silent answers in a row. */
  count: number;
  /** Those since it last used processor time. */
  idle: number;
  cpu: number | undefined;
};

/**
 * Marks replicas that leave a health check unanswered, within ten seconds of their falling silent, and kills those that
 * go on so. The returned function ends the watch.
 */
export function watchLiveness(options: LivenessOptions): () => void {
  const { replicas, log, intervalMs = 3000, timeoutMs = 5000, frozenAfter = 3, loopingAfter = 36 } = options;
  const silences = new WeakMap<Replica, Silence>();
  const asking = new WeakSet<Replica>();

  function judge(replica: Replica, alive: boolean): void {
    if (replica.answers && !alive) log.warn({ replica: replica.id }, 'replica does not answer');
    replica.answers = alive;
    if (alive) {
      silences.delete(replica);
      return;
    }
    const before = silences.get(replica) ?? { count: 0, idle: 0, cpu: undefined };
    const cpu = replica.pid === undefined ? undefined : cpuSecondsOf(replica.pid);
    const works = cpu === undefined || cpu !== before.cpu;
    const silence = { count: before.count + 1, idle: works ? 0 : before.idle + 1, cpu };
    silences.set(replica, silence);
    if ((silence.idle < frozenAfter && silence.count < loopingAfter) || replica.state !== 'ready') return;
    log.warn({ replica: replica.id, pid: replica.pid, ...silence }, 'replica answers no more; it is killed');
    replica.kill();
  }

  const timer = setInterval(() => {
    for (const replica of replicas()) {
      if (replica.state !== 'ready' || replica.port === undefined || asking.has(replica)) continue;
      asking.add(replica);
      isAlive(replica.port, timeoutMs).then((alive) => {
        asking.delete(replica);
        judge(replica, alive);
      });
    }
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function isAlive(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/_/health', agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200));
      answer.on('error', () => resolve(false));
    });
    asked.setTimeout(timeoutMs, () => asked.destroy(new Error('no answer')));
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
