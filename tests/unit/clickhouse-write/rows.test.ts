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

test('one line an event: its own bytes with its source in front', () => {
  const { event, batch } = cleanRange(events, { partition: 3, first: 41 });
  const lines = rowsOf(readRange(event, batch).records).toString('utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    events.map((each, i) => ({
      source_partition: 3,
      source_offset: 41 + i,
      ...JSON.parse(encodeClean(each)),
    })),
  );
  expect(lines[1]).toBe(
    withSource(Buffer.from(encodeClean(events[1] as never)), { partition: 3, offset: 42 }).toString(),
  );
});

test('the same records make the same bytes', () => {
  const { event, batch } = cleanRange(events);
  expect(rowsOf(readRange(event, batch).records)).toEqual(rowsOf(readRange(event, batch).records));
});
