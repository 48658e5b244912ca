import { request } from 'node:http';
import type { Logger } from '../../../shared/log/index.ts';
import type { Replica } from './replica.ts';

export interface LivenessOptions {
  replicas: () => readonly Replica[];
  log: Logger;
  intervalMs?: number;
  timeoutMs?: number;
  /** Silent answers in a row after which a replica is killed and so started anew. */
  failures?: number;
}

/**
 * Kills replicas that are there but answer no more (frozen, caught in a loop). A replica that is busy has
 * `failures` × `timeoutMs` to answer: long, because a batch on a machine with too much to do is slow, and killing it
 * makes the same work be done again. The returned function ends the watch.
 */
export function watchLiveness(options: LivenessOptions): () => void {
  const { replicas, log, intervalMs = 5000, timeoutMs = 5000, failures = 8 } = options;
  const silent = new WeakMap<Replica, number>();
  const asking = new WeakSet<Replica>();
  const timer = setInterval(() => {
    for (const replica of replicas()) {
      if (replica.state !== 'ready' || replica.port === undefined || asking.has(replica)) continue;
      asking.add(replica);
      isAlive(replica.port, timeoutMs).then((alive) => {
        asking.delete(replica);
        const count = alive ? 0 : (silent.get(replica) ?? 0) + 1;
        silent.set(replica, count);
        if (count < failures || replica.state !== 'ready') return;
        log.warn({ replica: replica.id, pid: replica.pid }, 'replica answers no more; it is killed');
        replica.kill();
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
