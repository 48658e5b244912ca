import { expect, test } from '@jest/globals';
import { rowsOf } from '../../../functions/clickhouse-write/rows.ts';
import { encodeClean, withSource } from '../../../shared/events/clean-record.ts';
import { readRange } from '../../../shared/sink/read-range.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';

const events = [
  cleanEvent(1),
  cleanEvent(2, { session_id: 'Grüße 😀 "\\\n', properties: { deep: { list: [1, 'a', null] } } }),
  cleanEvent(3, { amount: undefined, currency: undefined, properties: {} }),
];

const later = (value: Buffer) =>
  Buffer.from(value.toString().replace(',"properties":', ',"city":"Bonn","properties":'));

test('a field of a later release makes the range JSON lines: each record’s own bytes with its source in front', () => {
  const values = events.map((each) => later(Buffer.from(encodeClean(each))));
  const { event, batch } = cleanRange(values, { partition: 3, first: 41 });
  const { format, bytes } = rowsOf(readRange(event, batch).records);
  expect(format).toBe('JSONEachRow');
  const lines = bytes.toString('utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines).toEqual(
    values.map((value, i) => withSource(value, { partition: 3, offset: 41 + i }).toString()),
  );
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ source_partition: 3, source_offset: 42, city: 'Bonn' });
});

test('the same records make the same bytes, which is what a token stands for', () => {
  const { event, batch } = cleanRange(events);
  const rows = rowsOf(readRange(event, batch).records);
  expect(rows.format).toBe('Native');
  expect(rowsOf(readRange(event, batch).records)).toEqual(rows);
});
