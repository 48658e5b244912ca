import { expect, test } from '@jest/globals';
import { createLedger } from '../../../infra/platform/proof/ledger.ts';
import { letterState } from '../../../infra/platform/proof/letters.ts';

const id = (n: number) => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const range = (partition: number, from: number, to: number) => ({
  from: new Map([[partition, from]]),
  to: new Map([[partition, to]]),
});
/** Raw 0/0 … 0/3: three come out clean at 5/10, 5/11 and 5/13 (12 is a marker), the last is rejected. */
function filled({ without = -1, rejected = [3], more = [] as [number, number, number][] } = {}) {
  const ledger = createLedger({ raw: range(0, 0, 5), clean: range(5, 10, 16) });
  for (let offset = 0; offset < 4; offset++) ledger.addRaw(0, offset);
  const clean: [number, number, number][] = [
    [10, 1, 0],
    [11, 2, 1],
    [13, 3, 2],
  ];
  for (const [offset, n, rawOffset] of [...clean, ...more]) {
    if (offset !== without) ledger.addClean(5, offset, { eventId: id(n), rawPartition: 0, rawOffset });
  }
  for (const offset of rejected) ledger.setLetter('transform', 0, offset, letterState.open);
  return ledger;
}

type Row = [id: number, offset: number];
const rows: Row[] = [
  [1, 10],
  [2, 11],
  [3, 13],
];
function store(ledger: ReturnType<typeof filled>, found: Row[], once = true) {
  const check = ledger.openStore({ writer: 'mongo-write', once });
  for (const [n, offset] of found) check.row(id(n), 5, offset);
  return check.result();
}

test('all is well', () => {
  const ledger = filled();
  expect(ledger.compareTransform()).toEqual({ expected: 4, found: 4, lost: 0, doubled: 0, examples: [] });
  expect(store(ledger, rows)).toEqual({ expected: 3, found: 3, lost: 0, doubled: 0, examples: [] });
  expect(ledger.totals(new Map([[0, 2]]))).toEqual({
    raw: 4,
    rawSince: 2,
    clean: 3,
    rejected: 1,
    duplicates: 0,
  });
});

test('a planted loss: a raw record that never came out', () => {
  const result = filled({ rejected: [] }).compareTransform();
  expect(result).toMatchObject({ expected: 4, found: 3, lost: 1, doubled: 0 });
  expect(result.examples[0]).toContain('0/3');
  expect(filled({ without: 11 }).compareTransform()).toMatchObject({ lost: 1, doubled: 0 });
});

test('a repeat that was left out is not lost, as long as the record that has its id came out', () => {
  const withRepeats = (sent: (number | undefined)[]) => {
    const ledger = filled({ rejected: [] });
    for (const [offset, n] of sent.entries()) ledger.addRaw(0, offset, n === undefined ? undefined : id(n));
    return ledger;
  };
  const ledger = withRepeats([1, 2, 3, 2]);
  expect(ledger.compareTransform()).toMatchObject({ expected: 4, found: 4, lost: 0, doubled: 0 });
  expect(ledger.totals()).toMatchObject({ duplicates: 1 });
  expect(withRepeats([1, 2, 3, 4]).compareTransform()).toMatchObject({ lost: 1 });
  expect(withRepeats([1, 2, 3, undefined]).compareTransform()).toMatchObject({ lost: 1 });
  const twiceLost = withRepeats([1, 2, 3, 4, 4]);
  expect(twiceLost.compareTransform()).toMatchObject({ expected: 5, lost: 2 });
  twiceLost.setLetter('transform', 0, 4, letterState.open);
  // Rejected, it claimed nothing: the other one is lost still.
  expect(twiceLost.compareTransform()).toMatchObject({ expected: 5, lost: 1 });
});

test('a planted double: a raw record that came out twice, or clean and rejected, or with two letters', () => {
  expect(filled({ more: [[14, 1, 0]] }).compareTransform()).toMatchObject({ lost: 0, doubled: 1 });
  expect(filled({ rejected: [3, 0] }).compareTransform()).toMatchObject({ lost: 0, doubled: 1 });
  expect(filled({ rejected: [3, 3] }).compareTransform()).toMatchObject({ lost: 0, doubled: 1 });
});

test('clean records of raw ones outside what is looked at count for nothing', () => {
  const ledger = filled({ more: [[14, 9, 999]] });
  expect(ledger.compareTransform()).toMatchObject({ expected: 4, found: 4, lost: 0, doubled: 0 });
});

test('a missing row is lost, unless it is a dead letter of its writer', () => {
  const ledger = filled();
  const result = store(ledger, rows.slice(1));
  expect(result).toMatchObject({ expected: 3, found: 2, lost: 1, doubled: 0 });
  expect(result.examples).toEqual([`lost: event ${id(1)} of 5/10 is missing`]);
  ledger.setLetter('mongo-write', 5, 10, letterState.open);
  expect(store(ledger, rows.slice(1))).toMatchObject({ expected: 2, lost: 0, doubled: 0 });
  expect(store(ledger, rows)).toMatchObject({ lost: 0, doubled: 1 });
});

test('a dead letter that was redriven may be there once, one that was purged need not be', () => {
  const ledger = filled();
  ledger.setLetter('mongo-write', 5, 10, letterState.open);
  ledger.setLetter('mongo-write', 5, 10, letterState.settled);
  expect(store(ledger, rows)).toMatchObject({ expected: 3, found: 3, lost: 0, doubled: 0 });
  expect(store(ledger, rows.slice(1))).toMatchObject({ expected: 2, lost: 0, doubled: 0 });
  expect(store(ledger, [[1, 10], ...rows], false)).toMatchObject({ lost: 0, doubled: 1 });
  ledger.setLetter('transform', 0, 3, letterState.settled);
  expect(ledger.compareTransform()).toMatchObject({ found: 4, lost: 0, doubled: 0 });
});

test('a row that is there twice, or is not what Kafka holds, is doubled', () => {
  expect(store(filled(), [...rows, [2, 11]], false)).toMatchObject({ found: 3, lost: 0, doubled: 1 });
  expect(store(filled(), [...rows, [9, 12]])).toMatchObject({ lost: 0, doubled: 1 });
  expect(store(filled(), [[9, 10], ...rows.slice(1)])).toMatchObject({ lost: 1, doubled: 1 });
  const other = filled().openStore({ writer: 'mongo-write', once: true });
  other.row('no UUID', 5, 10);
  other.row(id(1), 5, 99);
  expect(other.result()).toMatchObject({ lost: 3, doubled: 1 });
});

test('a repeat of the sender’s is expected once where ids are unique, and twice where they are not', () => {
  const ledger = filled({ more: [[14, 1, 4]] });
  expect(store(ledger, rows)).toMatchObject({ expected: 3, found: 3, lost: 0, doubled: 0 });
  // It may have kept the later one.
  expect(store(ledger, [...rows.slice(1), [1, 14]])).toMatchObject({ found: 3, lost: 0, doubled: 0 });
  expect(store(ledger, [...rows, [1, 14]])).toMatchObject({ lost: 0, doubled: 1 });
  expect(store(ledger, [...rows, [1, 14]], false)).toMatchObject({ expected: 4, found: 4, doubled: 0 });
  expect(store(ledger, rows, false)).toMatchObject({ lost: 1 });
});

test('fifty thousand events, each loss and double among them is found', () => {
  const count = 50_000;
  const ledger = createLedger({ raw: range(0, 0, count), clean: range(0, 0, count) });
  for (let i = 0; i < count; i++) {
    ledger.addRaw(0, i);
    ledger.addClean(0, i, { eventId: id(i), rawPartition: 0, rawOffset: i });
  }
  const check = ledger.openStore({ writer: 'clickhouse-write', once: true });
  for (let i = 0; i < count; i++) if (i !== 12_345) check.row(id(i), 0, i);
  check.row(id(7_777), 0, 7_777);
  expect(ledger.compareTransform()).toMatchObject({ expected: count, found: count, lost: 0, doubled: 0 });
  expect(check.result()).toEqual({
    expected: count,
    found: count - 1,
    lost: 1,
    doubled: 1,
    examples: [
      `doubled: event ${id(7_777)} of 0/7777 is there more than once`,
      `lost: event ${id(12_345)} of 0/12345 is missing`,
    ],
  });
});
