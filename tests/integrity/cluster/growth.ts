import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';

/** Looks at counts that only grow, and remembers when each was seen larger than before. */
export interface Growth {
  /** Moments by name, in milliseconds since 1970. */
  readonly moments: ReadonlyMap<string, readonly number[]>;
  /** Watches one more. */
  add(name: string, count: () => Promise<number>): void;
  /** Waits until each has grown ten times: a beginning is no pause. */
  flowing(): Promise<void>;
  stop(): Promise<void>;
}

/** @param everyMs between two looks, and so how finely pauses are told. */
export function watchGrowth({ everyMs }: { everyMs: number }): Growth {
  const moments = new Map<string, number[]>();
  const watching: Promise<void>[] = [];
  let stopped = false;

  async function watch(count: () => Promise<number>, seen: number[]): Promise<void> {
    let most = Number.POSITIVE_INFINITY;
    while (!stopped) {
      // What does not answer has acknowledged nothing that anyone could see.
      const now = await count().catch(() => undefined);
      if (now !== undefined) {
        if (now > most) seen.push(Date.now());
        most = most === Number.POSITIVE_INFINITY ? now : Math.max(most, now);
      }
      await delay(everyMs);
    }
  }

  return {
    moments,
    add(name, count) {
      const seen: number[] = [];
      moments.set(name, seen);
      watching.push(watch(count, seen));
    },
    flowing: () =>
      eventually(
        () => {
          for (const [name, seen] of moments)
            if (seen.length < 10) throw new Error(`nothing flows into ${name}`);
        },
        { timeoutMs: 120_000 },
      ),
    async stop() {
      stopped = true;
      await Promise.all(watching);
    },
  };
}
