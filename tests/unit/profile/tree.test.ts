import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Branch, type Frame, foldStacks, selfTimes } from '../../../infra/platform/profile/tree.ts';

const frame = (name: string, at = ''): Frame => ({ name, at, origin: 'own' });
const stack = (names: string, samples = 1) => ({
  frames: [...names].map((name) => frame(name)),
  samples,
});

/** A tree as text: name, own samples/all samples, callees in brackets. */
const drawn = ({ name, self, total, callees }: Branch): string =>
  `${name}${self}/${total}${callees.length > 0 ? `(${callees.map(drawn).join(' ')})` : ''}`;

test.each<[string, [string, number][], string]>([
  ['nothing', [], 'all0/0'],
  ['one stack', [['ab', 3]], 'all0/3(a0/3(b3/3))'],
  [
    'the same stack twice',
    [
      ['ab', 3],
      ['ab', 4],
    ],
    'all0/7(a0/7(b7/7))',
  ],
  [
    'a function that calls and works',
    [
      ['a', 1],
      ['ab', 2],
    ],
    'all0/3(a1/3(b2/2))',
  ],
  [
    'the dearest callee first',
    [
      ['ab', 1],
      ['ac', 2],
    ],
    'all0/3(a0/3(c2/2 b1/1))',
  ],
  [
    'one function below two',
    [
      ['ac', 1],
      ['bc', 2],
    ],
    'all0/3(b0/2(c2/2) a0/1(c1/1))',
  ],
  ['recursion', [['aa', 1]], 'all0/1(a0/1(a1/1))'],
])('stacks fold into a tree: %s', (_, stacks, tree) => {
  expect(drawn(foldStacks(stacks.map(([names, samples]) => stack(names, samples))))).toBe(tree);
});

test('functions of one name at two places are two, one below two callers is one', () => {
  const first = frame('run', 'a.ts:1');
  const second = frame('run', 'b.ts:1');
  const tree = foldStacks([
    { frames: [first], samples: 1 },
    { frames: [second], samples: 5 },
    { frames: [second, first], samples: 2 },
  ]);
  expect(selfTimes(tree)).toEqual([
    { ...second, self: 5 },
    { ...first, self: 3 },
  ]);
});

test('the samples of all functions together are those of all stacks', () => {
  const stacks = fc.array(
    fc.record({
      frames: fc.array(
        fc.constantFrom('a', 'b', 'c').map((name) => frame(name)),
        { maxLength: 6 },
      ),
      samples: fc.integer({ min: 1, max: 100 }),
    }),
  );
  fc.assert(
    fc.property(stacks, (given) => {
      const sum = given.reduce((total, { samples }) => total + samples, 0);
      const tree = foldStacks(given);
      expect(tree.total).toBe(sum);
      expect(selfTimes(tree).reduce((total, { self }) => total + self, 0)).toBe(sum);
      expectNoneLost(tree);
    }),
  );
});

/** What a function takes is what it takes itself and what those it calls take. */
function expectNoneLost({ self, total, callees }: Branch): void {
  expect(self + callees.reduce((sum, callee) => sum + callee.total, 0)).toBe(total);
  callees.forEach(expectNoneLost);
}
