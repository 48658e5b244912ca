/** What is known of a record's dead letter of one function. */
export const letterState = {
  none: 0,
  /** It lies in the dead-letter topic: the record must be nowhere else. */
  open: 1,
  /** It was redriven or purged since: the record may be there, once. */
  settled: 2,
} as const;
export type LetterState = (typeof letterState)[keyof typeof letterState];

/** The dead letters of one function, by the index of the record in the topic that it reads. */
export interface Letters {
  readonly states: Uint8Array;
  /** Records that have two letters at once. */
  readonly doubled: readonly number[];
  /** States come in the order of the dead-letter topic, which is compacted: a letter is open until its tombstone. */
  set(index: number, state: LetterState): void;
}

export function createLetters(size: number): Letters {
  const states = new Uint8Array(size);
  const doubled: number[] = [];
  return {
    states,
    doubled,
    set(index, state) {
      if (state === letterState.open && states[index] === letterState.open) doubled.push(index);
      states[index] = state;
    },
  };
}
