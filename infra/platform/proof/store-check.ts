import { type Comparison, emptyComparison, note } from './comparison.ts';
import type { EventIds } from './event-ids.ts';
import { type Letters, letterState } from './letters.ts';
import type { Positions } from './positions.ts';

/** Takes the rows of one store as they come, in any order, and says in the end what is missing or too many. */
export interface StoreCheck {
  /** A row by its event id and its position in `events_clean`; rows of positions outside are passed over. */
  row(eventId: string, partition: number, offset: number): void;
  result(): Comparison;
}

/**
 * @param letters dead letters of the function that writes into the store.
 * @param repeats positions that share an event id, where the store keeps one row an id; it may have kept any of them.
 */
export function openStoreCheck({
  positions,
  isClean,
  ids,
  letters: { states: letters, doubled },
  repeats,
}: {
  positions: Positions;
  isClean: (index: number) => boolean;
  ids: EventIds;
  letters: Letters;
  repeats: readonly (readonly number[])[];
}): StoreCheck {
  const seen = new Uint8Array(positions.size);
  const result = emptyComparison();
  for (const index of doubled) {
    note(result, 'doubled', `${positions.nameOf(index)} has two dead letters`);
  }
  /** Where a repeated id is counted: at its first record that is no dead letter. */
  const countedAt = new Map<number, number>();
  for (const group of repeats) {
    const first = group.find((index) => letters[index] !== letterState.open) ?? group[0];
    for (const index of group) countedAt.set(index, first as number);
  }

  return {
    row(eventId, partition, offset) {
      const index = positions.indexOf(partition, offset);
      if (index < 0) return;
      const name = `${partition}/${offset}`;
      if (!isClean(index) || !ids.equals(index, eventId)) {
        note(result, 'doubled', `a row at ${name} with id ${eventId} that is not what Kafka holds there`);
        return;
      }
      const key = countedAt.get(index) ?? index;
      if (letters[key] === letterState.open) {
        note(result, 'doubled', `event ${eventId} of ${name} is there and a dead letter too`);
      } else if (seen[key] === 1) {
        note(result, 'doubled', `event ${eventId} of ${name} is there more than once`);
      } else {
        seen[key] = 1;
        result.found++;
      }
    },
    result() {
      const final: Comparison = { ...result, examples: [...result.examples] };
      for (let index = 0; index < positions.size; index++) {
        const isCounted = isClean(index) && (countedAt.get(index) ?? index) === index;
        if (!isCounted || letters[index] === letterState.open) continue;
        if (seen[index] === 1) {
          final.expected++;
        } else if (letters[index] !== letterState.settled) {
          final.expected++;
          note(final, 'lost', `event ${ids.textOf(index)} of ${positions.nameOf(index)} is missing`);
        }
      }
      return final;
    },
  };
}
