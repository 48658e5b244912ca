import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  cutOut,
  type DeadRecord,
  halve,
  hasOffset,
  type Piece,
  type Step,
} from '../../../infra/connector/delivery/pieces.ts';
import { record, records } from './records.ts';

const dead = (offset: number): DeadRecord => ({
  record: record(offset),
  cause: 'listed',
  reason: 'r',
  attempts: 1,
});
const show = (steps: Step[]) =>
  steps.map((step) =>
    'send' in step
      ? { send: [step.send.first, step.send.end], offsets: step.send.records.map(({ offset }) => offset) }
      : { bury: step.bury.record.offset, range: [step.first, step.end] },
  );

/** A log with gaps: distinct ascending offsets, and a piece that begins before and ends after them. */
const pieceOf = (offsets: number[]): Piece => ({
  first: (offsets[0] ?? 0) - 2,
  end: (offsets.at(-1) ?? 0) + 4,
  records: records(...offsets),
});
const offsetsArbitrary = fc
  .uniqueArray(fc.integer({ min: 10, max: 5000 }), { minLength: 1, maxLength: 400 })
  .map((offsets) => offsets.sort((a, b) => a - b));

/** Delivers as the worker does; `accepts` is the function. */
function deliver(piece: Piece, accepts: (piece: Piece) => boolean) {
  let calls = 0;
  const delivered: number[] = [];
  const buried: number[] = [];
  const bounds: [number, number][] = [];
  const steps: Step[] = [{ send: piece }];
  for (let step = steps.shift(); step; step = steps.shift()) {
    if ('bury' in step) {
      buried.push(step.bury.record.offset);
      bounds.push([step.first, step.end]);
      continue;
    }
    calls++;
    if (accepts(step.send)) {
      delivered.push(...step.send.records.map(({ offset }) => offset));
      bounds.push([step.send.first, step.send.end]);
      continue;
    }
    const halves = halve(step.send);
    if (halves) steps.unshift(...halves.map((send) => ({ send })));
    else steps.unshift(...cutOut(step.send, [dead(step.send.records[0]?.offset as number)]));
  }
  return { calls, delivered, buried, bounds };
}

describe('splitting', () => {
  test('one bad record costs at most 2·⌈log2 n⌉+1 calls, and only it is buried', () => {
    fc.assert(
      fc.property(offsetsArbitrary, fc.nat(), (offsets, pick) => {
        const bad = offsets[pick % offsets.length] as number;
        const piece = pieceOf(offsets);
        const { calls, delivered, buried, bounds } = deliver(
          piece,
          ({ records: sent }) => !sent.some(({ offset }) => offset === bad),
        );
        expect(buried).toEqual([bad]);
        expect(delivered).toEqual(offsets.filter((offset) => offset !== bad));
        expect(calls).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(offsets.length)) + 1);
        expect(bounds[0]?.[0]).toBe(piece.first);
        expect(bounds.at(-1)?.[1]).toBe(piece.end);
        for (let i = 1; i < bounds.length; i++) expect(bounds[i]?.[0]).toBe(bounds[i - 1]?.[1]);
      }),
    );
  });

  test('several bad records: each is buried, all others are delivered once and in order', () => {
    fc.assert(
      fc.property(offsetsArbitrary, fc.array(fc.nat(), { maxLength: 20 }), (offsets, picks) => {
        const bad = new Set(picks.map((pick) => offsets[pick % offsets.length] as number));
        const result = deliver(
          pieceOf(offsets),
          ({ records: sent }) => !sent.some(({ offset }) => bad.has(offset)),
        );
        expect(result.buried).toEqual(offsets.filter((offset) => bad.has(offset)));
        expect(result.delivered).toEqual(offsets.filter((offset) => !bad.has(offset)));
      }),
    );
  });

  test('a function that fails only on the whole batch loses nothing', () => {
    const offsets = Array.from({ length: 100 }, (_, i) => i);
    const result = deliver(pieceOf(offsets), ({ records: sent }) => sent.length < 100);
    expect(result).toMatchObject({ calls: 3, buried: [], delivered: offsets });
  });
});

describe('cutting out', () => {
  test('what lies between remains as pieces; gaps belong to the step before', () => {
    const piece = { first: 5, end: 30, records: records(7, 8, 12, 20, 21) };
    expect(show(cutOut(piece, [dead(8), dead(12)]))).toEqual([
      { send: [5, 8], offsets: [7] },
      { bury: 8, range: [8, 9] },
      { bury: 12, range: [9, 13] },
      { send: [13, 30], offsets: [20, 21] },
    ]);
    expect(show(cutOut(piece, [dead(7), dead(21)]))).toEqual([
      { bury: 7, range: [5, 8] },
      { send: [8, 21], offsets: [8, 12, 20] },
      { bury: 21, range: [21, 30] },
    ]);
  });

  test('steps cover the piece without gap or overlap', () => {
    fc.assert(
      fc.property(offsetsArbitrary, fc.array(fc.nat(), { minLength: 1, maxLength: 30 }), (offsets, picks) => {
        const bad = [...new Set(picks.map((pick) => offsets[pick % offsets.length] as number))];
        const piece = pieceOf(offsets);
        const steps = cutOut(piece, bad.map(dead));
        let at = piece.first;
        for (const step of steps) {
          const { first, end } = 'send' in step ? step.send : step;
          expect(first).toBe(at);
          at = end;
          if ('send' in step) for (const { offset } of step.send.records) expect(bad).not.toContain(offset);
        }
        expect(at).toBe(piece.end);
      }),
    );
  });
});

test('an offset is found whatever was asked for before', () => {
  const offset = fc.nat(60);
  fc.assert(
    fc.property(fc.uniqueArray(offset), fc.array(offset), fc.boolean(), (given, asked, inOrder) => {
      const known = new Set(given);
      const has = hasOffset(records(...given.sort((a, b) => a - b)));
      for (const each of inOrder ? asked.sort((a, b) => a - b) : asked)
        expect(has(each)).toBe(known.has(each));
      expect([-1, 0.5, Number.NaN].map(has)).toEqual([false, false, false]);
    }),
  );
});
