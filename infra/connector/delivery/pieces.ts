import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';

/** A stretch of a partition that is sent in one call: all records with `first` ≤ offset < `end`. */
export interface Piece {
  first: number;
  end: number;
  records: readonly FetchedRecord[];
  /** Declared by an earlier owner: it must be sent as it is, under the same name and route. */
  declared?: { route: number; firstSentMs: number };
}

/** A record that no call will carry any more. */
export interface DeadRecord {
  record: FetchedRecord;
  /**
   * listed: the function named it; refused: a 4xx for it alone; exhausted: tries used up; expired: too old.
   */
  cause: 'listed' | 'refused' | 'exhausted' | 'expired';
  reason: string;
  attempts: number;
}

export type Step = { send: Piece } | { bury: DeadRecord; first: number; end: number };

/**
 * Cuts a piece at the middle record. With one record there is nothing to halve: undefined.
 * Halving until one record is left costs at most 2·⌈log2 n⌉+1 calls for one bad record.
 */
export function halve(piece: Piece): [Piece, Piece] | undefined {
  if (piece.records.length < 2) return undefined;
  const middle = Math.ceil(piece.records.length / 2);
  const cut = (piece.records[middle] as FetchedRecord).offset;
  return [
    { first: piece.first, end: cut, records: piece.records.slice(0, middle) },
    { first: cut, end: piece.end, records: piece.records.slice(middle) },
  ];
}

/**
 * Takes records out of a piece: what lies between them remains as pieces, in order. A stretch without records
 * (a gap in the log) joins the step before it.
 */
export function cutOut(piece: Piece, dead: readonly DeadRecord[]): Step[] {
  const byOffset = new Map(dead.map((each) => [each.record.offset, each]));
  const steps: Step[] = [];
  let first = piece.first;
  let run: FetchedRecord[] = [];
  const closeRun = (end: number) => {
    if (run.length > 0) steps.push({ send: { first, end, records: run } });
    run = [];
  };
  for (const record of piece.records) {
    const found = byOffset.get(record.offset);
    if (!found) {
      run.push(record);
      continue;
    }
    const hadRun = run.length > 0;
    closeRun(record.offset);
    steps.push({ bury: found, first: hadRun ? record.offset : first, end: record.offset + 1 });
    first = record.offset + 1;
  }
  if (run.length > 0) closeRun(piece.end);
  else extendLast(steps, piece.end);
  return steps;
}

function extendLast(steps: Step[], end: number): void {
  const last = steps.at(-1);
  if (!last) return;
  if ('send' in last) last.send = { ...last.send, end };
  else last.end = end;
}

/**
 * Tells whether one of the records, which are in the order of their offsets, has an offset. Who asks in that order finds
 * each behind the one before.
 */
export function hasOffset(records: readonly FetchedRecord[]): (offset: number) => boolean {
  let at = 0;
  return (offset) => {
    if (records[at]?.offset !== offset && records[++at]?.offset !== offset) at = firstFrom(records, offset);
    return records[at]?.offset === offset;
  };
}

/** Where the first record lies whose offset is not below. */
function firstFrom(records: readonly FetchedRecord[], offset: number): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle] as FetchedRecord).offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
