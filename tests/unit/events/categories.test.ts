import { expect, test } from '@jest/globals';
import { loadCategories, parseCategories } from '../../../shared/events/index.ts';

test('the file that comes with it: at least 12 types in 5 categories', () => {
  const { types, find } = loadCategories();
  expect(types.length).toBeGreaterThanOrEqual(12);
  expect(new Set(types.map(({ category }) => category)).size).toBeGreaterThanOrEqual(5);
  expect(find('purchase')).toMatchObject({ category: 'commerce', weight: 4 });
  expect(find('unheard.of')).toBeUndefined();
  expect(find('__proto__')).toBeUndefined();
});

test.each([
  ['not YAML', '{a: [', /not YAML/],
  ['nothing', '', /the file/],
  ['another top level', 'types: {}', /categories/],
  ['a bad type name', 'categories: {c: {Bad: {}}}', /categories\.c\.Bad: .*event type/],
  ['a negative weight', 'categories: {c: {t: {weight: -1}}}', /categories\.c\.t\.weight/],
  ['an unknown key', 'categories: {c: {t: {wieght: 1}}}', /wieght/],
  [
    'an unknown kind',
    'categories: {c: {t: {properties: {p: {type: date}}}}}',
    /properties\.p.*number, integer, string/,
  ],
  [
    'min above max',
    'categories: {c: {t: {properties: {p: {type: number, min: 2, max: 1}}}}}',
    /min is larger/,
  ],
  ['a type in two categories', 'categories: {c: {t: {}}, d: {t: {}}}', /t is listed in c and in d/],
])('%s is refused by file and place', (_, text, message) => {
  expect(() => parseCategories(text, '/etc/types.yml')).toThrow(message);
  expect(() => parseCategories(text, '/etc/types.yml')).toThrow(
    /\/etc\/types\.yml \(EVENT_CATEGORIES_FILE\)/,
  );
});

test('a file that is not there is named', () => {
  expect(() => loadCategories('/nowhere/types.yml')).toThrow(/\/nowhere\/types\.yml.*cannot be read/);
});
