import { expect, test } from '@jest/globals';
import { createCors } from '../../../functions/ingest/cors.ts';
import { createKeyCheck } from '../../../shared/http/keys.ts';

test('without keys everyone may write', () => {
  expect(() => createKeyCheck(undefined, 'write')(undefined)).not.toThrow();
  expect(() => createKeyCheck(' , ', 'write')(undefined)).not.toThrow();
});

test('with keys, those who have one', () => {
  const check = createKeyCheck('alpha, beta\ngamma', 'write');
  for (const key of ['alpha', 'beta', 'gamma']) expect(() => check(`Bearer ${key}`)).not.toThrow();
  expect(() => check('bearer alpha')).not.toThrow();
  for (const given of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer alph',
    'Basic alpha',
    'alpha',
    'Bearer alpha, beta',
  ]) {
    expect(() => check(given)).toThrow(expect.objectContaining({ statusCode: 401 }));
  }
});

test('browsers of the named origins, or of all', () => {
  const cors = createCors('https://a.example, https://b.example');
  expect(cors('https://b.example')).toMatchObject({
    'access-control-allow-origin': 'https://b.example',
    vary: 'origin',
  });
  expect(cors('https://c.example')).toEqual({});
  expect(cors(undefined)).toEqual({});
  expect(createCors('*')('https://c.example')).toMatchObject({ 'access-control-allow-origin': '*' });
  expect(createCors(undefined)('https://c.example')).toEqual({});
});
