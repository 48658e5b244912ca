/** A function that works on so many calls is busy: another one would only make it share its processor. */
const BUSY_CALLS = 2;

/** A partition's place among the calls of its function. */
export interface Place {
  /** A call is about to begin; taking twice is taking once. */
  take(): void;
  /** It has ended, or will not begin. */
  free(): void;
  leave(): void;
}

/**
 * Calls of one function that are under way. While it is busy, partitions gather more instead of queueing many small
 * calls; whoever has waited longest goes first when one ends.
 */
export interface Occupancy {
  busy(): boolean;
  /** @param since when the oldest gathered record came in, milliseconds; undefined for none. */
  join(waiting: { since: () => number | undefined; wake: () => void }): Place;
}

export function createOccupancy(): Occupancy {
  const members = new Set<{ since: () => number | undefined; wake: () => void }>();
  let calls = 0;
  const busy = () => calls >= BUSY_CALLS;

  function wakeOldest(): void {
    const waiting = [...members].filter((member) => member.since() !== undefined);
    waiting.sort((a, b) => (a.since() as number) - (b.since() as number));
    for (const member of waiting) member.wake();
  }

  return {
    busy,
    join(member) {
      members.add(member);
      let taken = false;
      const free = () => {
        if (!taken) return;
        taken = false;
        calls--;
        if (!busy()) wakeOldest();
      };
      return {
        take() {
          if (!taken) calls++;
          taken = true;
        },
        free,
        leave() {
          free();
          members.delete(member);
        },
      };
    },
  };
}
