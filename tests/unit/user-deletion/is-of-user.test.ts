import { expect, test } from '@jest/globals';
import { isOfUser } from '../../../infra/platform/user-deletion/delete-user.ts';
import { filterOf, paramsOf } from '../../../infra/platform/user-deletion/places.ts';

test.each([
  ['by its key', { key: Buffer.from('7'), value: Buffer.from('no event') }, true],
  ['by its value', { key: undefined, value: Buffer.from('{"user_id":7}') }, true],
  ['as text', { key: undefined, value: Buffer.from('{"user_id":"7"}') }, true],
  ['another', { key: Buffer.from('70'), value: Buffer.from('{"user_id":70}') }, false],
  ['no value', { key: undefined, value: null }, false],
  ['no object', { key: undefined, value: Buffer.from('null') }, false],
])('a dead letter is of the user: %s', (_name, content, expected) => {
  expect(isOfUser(content, 7)).toBe(expected);
});

test('only what lies below the ends is meant; a partition that the topic does not have, as well', () => {
  const meant = {
    userId: 7,
    ends: new Map([
      [0, 10],
      [2, 30],
    ]),
  };
  expect(paramsOf(meant)).toEqual({ user: 7, ends: [10, 0, 30] });
  expect(filterOf(meant)).toEqual({
    user_id: 7,
    $or: [
      { 'source.clean.partition': { $gte: 3 } },
      { 'source.clean.partition': 0, 'source.clean.offset': { $lt: 10 } },
      { 'source.clean.partition': 2, 'source.clean.offset': { $lt: 30 } },
    ],
  });
});
