/** Bounds the bytes that are in use at one time; whoever wants more waits its turn. */
export interface ByteBudget {
  /** Resolves when there is room; more than the whole budget counts as the whole budget. Call the result once. */
  acquire(bytes: number): Promise<() => void>;
}

export function createByteBudget(limit: number): ByteBudget {
  let used = 0;
  const waiting: { bytes: number; start: () => void }[] = [];

  function admit(): void {
    while (waiting[0] !== undefined && (used === 0 || used + waiting[0].bytes <= limit)) {
      const { bytes, start } = waiting[0];
      waiting.shift();
      used += bytes;
      start();
    }
  }

  return {
    acquire(wanted) {
      const bytes = Math.min(wanted, limit);
      return new Promise((resolve) => {
        let released = false;
        const release = () => {
          if (released) return;
          released = true;
          used -= bytes;
          admit();
        };
        waiting.push({ bytes, start: () => resolve(release) });
        admit();
      });
    },
  };
}
