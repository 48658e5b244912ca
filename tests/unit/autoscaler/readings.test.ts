import { expect, test } from '@jest/globals';
import { readingsByFunction } from '../../../infra/autoscaler/readings.ts';

test('partitions of several connectors are put together by function', () => {
  const first = [
    '# HELP connector_lag_records x',
    'connector_position{function="f",topic="t",partition="0"} 10',
    'connector_lag_records{function="f",topic="t",partition="0"} 5',
    'connector_lag_seconds{function="f",topic="t",partition="0"} 1.5',
    'other{function="f"} 3',
  ].join('\n');
  const second = [
    'connector_position{function="f",topic="t",partition="1"} 7',
    'connector_position{function="g",topic="t",partition="0"} 2',
  ].join('\n');
  const all = readingsByFunction([first, second]);
  expect(all.get('f')).toEqual([
    { topic: 't', partition: 0, position: 10, lagRecords: 5, lagSeconds: 1.5 },
    { topic: 't', partition: 1, position: 7, lagRecords: 0, lagSeconds: 0 },
  ]);
  expect(all.get('g')).toHaveLength(1);
});

test('while a partition changes hands the farther position counts', () => {
  const at = (position: number) => `connector_position{function="f",topic="t",partition="0"} ${position}`;
  expect(readingsByFunction([at(10), at(12)]).get('f')?.[0]?.position).toBe(12);
  expect(readingsByFunction([at(12), at(10)]).get('f')?.[0]?.position).toBe(12);
});
