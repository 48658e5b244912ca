import { expect, test } from '@jest/globals';
import { at, compareStore, compareTransform, type Ledger } from '../../../infra/platform/proof/ledger.ts';

/** Raw records 0/0 … 0/3: three come out clean, the last is rejected. */
function ledger(changes: Partial<Ledger> = {}): Ledger {
  return {
    raw: new Set(['0/0', '0/1', '0/2', '0/3']),
    clean: new Map([
      ['5/10', { eventId: 'a', raw: '0/0' }],
      ['5/11', { eventId: 'b', raw: '0/1' }],
      ['5/13', { eventId: 'c', raw: '0/2' }],
    ]),
    deadLetters: new Map([['transform', new Set(['0/3'])]]),
    ...changes,
  };
}

const rows = [
  { eventId: 'a', position: '5/10' },
  { eventId: 'b', position: '5/11' },
  { eventId: 'c', position: '5/13' },
];
const store = { writer: 'mongo-write', once: true };

test('all is well', () => {
  expect(compareTransform(ledger())).toMatchObject({ expected: 4, found: 4, lost: 0, doubled: 0 });
  expect(compareStore(ledger(), rows, store)).toMatchObject({ expected: 3, found: 3, lost: 0, doubled: 0 });
});

test('a raw record that never came out is lost', () => {
  const result = compareTransform(ledger({ deadLetters: new Map() }));
  expect(result).toMatchObject({ found: 3, lost: 1, doubled: 0 });
  expect(result.examples[0]).toContain('0/3');
});

test('a raw record that came out twice, or clean and rejected, is doubled', () => {
  const clean = new Map(ledger().clean).set('5/14', { eventId: 'a', raw: '0/0' });
  expect(compareTransform(ledger({ clean }))).toMatchObject({ lost: 0, doubled: 1 });
  const both = new Map([['transform', new Set(['0/3', '0/0'])]]);
  expect(compareTransform(ledger({ deadLetters: both }))).toMatchObject({ lost: 0, doubled: 1 });
});

test('clean records of raw ones outside what is looked at count for nothing', () => {
  const clean = new Map(ledger().clean).set('5/9', { eventId: 'z', raw: '0/999' });
  expect(compareTransform(ledger({ clean }))).toMatchObject({ expected: 4, found: 4, lost: 0, doubled: 0 });
});

test('a missing row is lost, unless it is a dead letter of its writer', () => {
  expect(compareStore(ledger(), rows.slice(1), store)).toMatchObject({ found: 2, lost: 1, doubled: 0 });
  const deadLetters = new Map([['mongo-write', new Set(['5/10'])]]);
  expect(compareStore(ledger({ deadLetters }), rows.slice(1), store)).toMatchObject({ expected: 2, lost: 0 });
});

test('a row that is there twice is doubled', () => {
  const twice = [...rows, { eventId: 'b', position: '5/11' }];
  expect(compareStore(ledger(), twice, { ...store, once: false })).toMatchObject({
    found: 3,
    lost: 0,
    doubled: 1,
  });
});

test('a row that Kafka does not hold, or holds with another id, is doubled, and the right one lost', () => {
  expect(compareStore(ledger(), [...rows, { eventId: 'x', position: '5/12' }], store)).toMatchObject({
    lost: 0,
    doubled: 1,
  });
  const wrong = [{ eventId: 'x', position: '5/10' }, ...rows.slice(1)];
  expect(compareStore(ledger(), wrong, store)).toMatchObject({ lost: 1, doubled: 1 });
});

test('a repeat of the sender’s is expected once where ids are unique, twice elsewhere', () => {
  const clean = new Map(ledger().clean).set('2/7', { eventId: 'a', raw: '0/3' });
  const repeated = ledger({ clean, deadLetters: new Map() });
  expect(compareStore(repeated, rows, store)).toMatchObject({ expected: 3, found: 3, lost: 0, doubled: 0 });
  // Whichever of the two was first there.
  const other = [{ eventId: 'a', position: '2/7' }, ...rows.slice(1)];
  expect(compareStore(repeated, other, store)).toMatchObject({ expected: 3, found: 3, lost: 0, doubled: 0 });
  const all = [...rows, { eventId: 'a', position: '2/7' }];
  expect(compareStore(repeated, all, store)).toMatchObject({ doubled: 1 });
  expect(compareStore(repeated, all, { writer: 'clickhouse-write', once: false })).toMatchObject({
    expected: 4,
    found: 4,
    lost: 0,
    doubled: 0,
  });
});

test('positions are told apart by partition', () => expect(at(1, 23)).not.toBe(at(12, 3)));
