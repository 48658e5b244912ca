import { describe, expect, test } from '@jest/globals';
import { pending, readMigrations, stepOf } from '../../../infra/mongo/migrations.ts';

const values = { collection: 'raw_events', retentionDays: 2 };

describe('migrations of MongoDB', () => {
  test('the indexes that look-ups, expiry and the check need', () => {
    const [first] = readMigrations('infra/mongo/migrations');
    const step = stepOf(first as never, values);
    expect(step.collection).toBe('raw_events');
    expect(step.shardKey).toEqual({ user_id: 'hashed' });
    expect(step.indexes.map(({ key }) => key)).toEqual(
      expect.arrayContaining([
        { user_id: 1, timestamp: -1 },
        { event_type: 1, timestamp: 1 },
      ]),
    );
    expect(step.indexes.find(({ name }) => name === 'retention')?.expireAfterSeconds).toBe(172_800);
  });

  test('a file that is not in its form is named', () => {
    const text = '{"collection":"a","indexes":[{"name":"x","key":{"a":2}}]}';
    expect(() => stepOf({ name: '0009_x.json', checksum: '', text }, values)).toThrow(/0009_x\.json/);
  });

  test('what was not applied; a changed file is an error that names it', () => {
    const all = [
      { name: 'a', checksum: '1', text: '' },
      { name: 'b', checksum: '2', text: '' },
    ];
    expect(pending(all, new Map([['a', '1']])).map(({ name }) => name)).toEqual(['b']);
    expect(() => pending(all, new Map([['a', '0']]))).toThrow(/^a: changed/);
  });
});
