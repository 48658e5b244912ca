const LONGEST_REST_MS = 1000;
/** Of the time that all would work in turn: less costs processor time, more costs latency (README, Annotations). */
const REST_SHARE = 0.15;
/** What the last piece counts in the mean of all. */
const WEIGHT = 0.2;

/** One partition among those that call the same function. */
export interface Pacer {
  /** A piece has taken so long, from its forming to its end. */
  worked(ms: number): void;
  /** How long to gather before the next piece, unless it is full earlier. */
  restMs(): number;
  leave(): void;
}

/**
 * Paces the partitions of one function. One large call costs less than many small ones, and an insert costs the store
 * long after it was answered; so after each piece a partition gathers for a part of the time that all of them would work in
 * turn. A fast function is called often, a loaded one seldom with much; the first event after a silence never waits.
 */
export interface Pace {
  join(): Pacer;
}

export function createPace(): Pace {
  let members = 0;
  let meanMs = 0;
  return {
    join() {
      let present = true;
      members++;
      return {
        worked(ms) {
          meanMs += WEIGHT * (Math.min(ms, LONGEST_REST_MS) - meanMs);
        },
        restMs: () => Math.min(LONGEST_REST_MS, REST_SHARE * members * meanMs),
        leave() {
          if (present) members--;
          present = false;
        },
      };
    },
  };
}
