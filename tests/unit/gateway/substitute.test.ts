// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of a stack file
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { substitute } from '../../../infra/gateway/deploy/substitute.ts';

describe('variables of a stack file', () => {
  test.each([
    ['plain', {}, 'plain'],
    ['${A}', { A: '1' }, '1'],
    ['${A}', {}, ''],
    ['x${A:-b}y', {}, 'xby'],
    ['x${A:-b}y', { A: '' }, 'xby'],
    ['x${A:-b}y', { A: 'c' }, 'xcy'],
    ['${A:=b}', {}, 'b'],
    ['${A=b}', {}, 'b'],
    ['${A:-http://h:1/p}', {}, 'http://h:1/p'],
    ['${A:-${B:-c}}', {}, 'c'],
    ['${A:-${B:-c}}', { B: 'd' }, 'd'],
    ['${A:-}', {}, ''],
    ['${A}${B}', { A: '1', B: '2' }, '12'],
    ['$A $ {A} }', { A: '1' }, '$A $ {A} }'],
    ['$${A}', { A: '1' }, '${A}'],
    ['schedule: "* * * * *"', {}, 'schedule: "* * * * *"'],
    ['${A}', { A: '${B}', B: 'not again' }, '${B}'],
  ])('%s with %j is %s', (text, variables, result) => {
    expect(substitute(text, variables)).toBe(result);
  });

  test.each(['${A', '${A:-b', '${}', '${1A}', '${A/b/c}', '${A:0:1}', '${#A}', '${A^^}'])(
    'refuses %s',
    (text) => {
      expect(() => substitute(`line 1\n${text}`, {})).toThrow(/line 2/);
    },
  );

  test('leaves any text without a dollar sign alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('$'));
        expect(substitute(text, {})).toBe(text);
      }),
    );
  });

  test('puts in any value as it is', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        expect(substitute('<${A}>', { A: value })).toBe(`<${value}>`);
      }),
    );
  });
});
