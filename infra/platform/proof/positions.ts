import type { Offsets } from '../../../shared/clients/kafka-protocol/read-log.ts';

/** Which part of a topic is looked at: from these offsets, below those. */
export interface Range {
  from: Offsets;
  to: Offsets;
}

/** Numbers the positions of a range of a topic, so that what is known of each fits into flat arrays. */
export interface Positions {
  /** How many there are, markers and gaps included. */
  readonly size: number;
  /** -1 for a position outside. */
  indexOf(partition: number, offset: number): number;
  /** `<partition>/<offset>` of an index, for people. */
  nameOf(index: number): string;
}

export function createPositions({ from, to }: Range): Positions {
  const pieces: { partition: number; from: number; to: number; base: number }[] = [];
  let size = 0;
  for (const [partition, end] of to) {
    const start = from.get(partition) ?? 0;
    pieces[partition] = { partition, from: start, to: end, base: size };
    size += Math.max(0, end - start);
  }
  return {
    size,
    indexOf(partition, offset) {
      const piece = pieces[partition];
      return piece && offset >= piece.from && offset < piece.to ? piece.base + offset - piece.from : -1;
    },
    nameOf(index) {
      const piece = pieces.find(
        (each) => each && index >= each.base && index < each.base + each.to - each.from,
      );
      return piece ? `${piece.partition}/${piece.from + index - piece.base}` : 'outside';
    },
  };
}
