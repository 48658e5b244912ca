import { expect, test } from '@jest/globals';
import { readable } from '../../../infra/platform/terminal/log-line.ts';

test('our lines are made readable, those of engines stay', () => {
  const ours = {
    level: 'warn',
    time: '2026-11-23T10:15:30.123Z',
    part: 'gateway',
    fn: 'query',
    n: 3,
    msg: 'it waits',
  };
  expect(readable(JSON.stringify(ours))).toBe('10:15:30.123 WARN  it waits fn=query n=3');
  expect(readable(JSON.stringify({ ...ours, err: { message: 'no' } }))).toContain('err=no');
  for (const line of ['[2026] INFO Kafka started', '{"a":1}', '{broken', ''])
    expect(readable(line)).toBe(line);
});
