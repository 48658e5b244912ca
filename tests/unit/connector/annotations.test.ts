import { describe, expect, test } from '@jest/globals';
import { parseAnnotations } from '../../../infra/connector/functions/annotations.ts';
import { changes, discover } from '../../../infra/connector/functions/discovery.ts';
import { parseFilter, passesFilter } from '../../../infra/connector/functions/filter.ts';

const parse = (annotations: Record<string, string>) =>
  parseAnnotations('fn', annotations, { deadLetterTopic: 'dlq' });

test('a function without topic, or called by time, is none of ours', () => {
  expect(parse({})).toBeUndefined();
  expect(parse({ topic: 'cron-function', schedule: '* * * * *' })).toBeUndefined();
});

test('the defaults', () => {
  expect(parse({ topic: 'a, b' })?.subscription).toEqual({
    functionName: 'fn',
    topics: ['a', 'b'],
    group: 'fn',
    retryTopic: 'fn.retry',
    start: 'earliest',
    batchSize: 10_000,
    batchBytes: 4_194_304,
    batchWindowMs: 50,
    mode: 'at-least-once',
    routes: 1,
    outputTopic: undefined,
    deadLetterTopic: 'dlq',
    maxRetries: 5,
    maxRecordAgeMs: undefined,
    onError: 'block',
    filter: undefined,
    lagTargetSeconds: undefined,
    minReplicas: undefined,
    maxReplicas: undefined,
  });
  expect(parse({ topic: 'a', 'kafka.output-topic': 'b' })?.subscription?.mode).toBe('transactional');
});

test('every annotation', () => {
  expect(
    parse({
      topic: 'a',
      'kafka.group': 'g',
      'kafka.start': '2026-01-02T03:04:05Z',
      'kafka.batch-size': '500',
      'kafka.batch-bytes': '2MiB',
      'kafka.batch-window': '2s',
      'kafka.delivery': 'transactional',
      'kafka.routes': '3',
      'kafka.output-topic': 'out',
      'kafka.dead-letter-topic': 'dead',
      'kafka.max-retries': '0',
      'kafka.max-record-age': '7d',
      'kafka.on-error': 'split',
      'kafka.filter': '{"type":["x"]}',
      'kafka.lag-target': '5s',
      'kafka.min-replicas': '1',
      'kafka.max-replicas': '4',
    })?.subscription,
  ).toMatchObject({
    group: 'g',
    retryTopic: 'g.retry',
    start: Date.parse('2026-01-02T03:04:05Z'),
    batchSize: 500,
    batchBytes: 2_097_152,
    batchWindowMs: 2000,
    routes: 3,
    outputTopic: 'out',
    deadLetterTopic: 'dead',
    maxRetries: 0,
    maxRecordAgeMs: 604_800_000,
    onError: 'split',
    lagTargetSeconds: 5,
    maxReplicas: 4,
  });
});

test.each([
  ['topic', 'a,,b'],
  ['topic', 'no spaces'],
  ['kafka.group', 'a/b'],
  ['kafka.start', 'yesterday'],
  ['kafka.batch-size', '0'],
  ['kafka.batch-size', '10001'],
  ['kafka.batch-size', '1e3'],
  ['kafka.batch-bytes', '4 GB'],
  ['kafka.batch-window', '50'],
  ['kafka.delivery', 'exactly-once'],
  ['kafka.routes', '0'],
  ['kafka.max-retries', '-1'],
  ['kafka.max-record-age', '1ms'],
  ['kafka.on-error', 'ignore'],
  ['kafka.filter', '{"a":"b"}'],
  ['kafka.lag-target', 'fast'],
  ['kafka.batchsize', '5'],
])('%s: %s is refused by name', (name, value) => {
  const problems = parse({ topic: 'a', [name]: value })?.problems ?? [];
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(name);
});

test('all that is wrong is reported at once', () => {
  expect(parse({ topic: 'a', 'kafka.batch-size': 'x', 'kafka.routes': 'y' })?.problems).toHaveLength(2);
});

test.each<Record<string, string>>([
  { 'kafka.filter': '{"a":["b"]}' },
  { 'kafka.max-record-age': '1h' },
  { 'kafka.on-error': 'split' },
  { 'kafka.on-error': 'dead-letter' },
  { 'kafka.output-topic': 'out' },
])('ranges refuse %p, which would change what a range holds', (annotation) => {
  expect(parse({ topic: 'a', 'kafka.delivery': 'ranges', ...annotation })?.problems).toHaveLength(1);
});

describe('discovery', () => {
  const listed = (name: string, annotations: Record<string, string>) => ({
    name,
    replicas: 1,
    availableReplicas: 1,
    annotations,
  });

  test('bad functions are left out, the others run; two cannot share a group', () => {
    const { subscriptions, refused } = discover(
      [
        listed('good', { topic: 'a' }),
        listed('bad', { topic: 'a', 'kafka.routes': 'x' }),
        listed('twin', { topic: 'b', 'kafka.group': 'good' }),
        { ...listed('plain', {}), annotations: undefined as unknown as Record<string, string> },
      ],
      { deadLetterTopic: 'dlq' },
    );
    expect([...subscriptions.keys()]).toEqual(['good']);
    expect([...refused.keys()]).toEqual(['bad', 'twin']);
  });

  test('only what changed is stopped and started', () => {
    const found = (batch: string) =>
      discover(
        [listed('same', { topic: 'a' }), listed('changed', { topic: 'a', 'kafka.batch-size': batch })],
        {
          deadLetterTopic: 'dlq',
        },
      ).subscriptions;
    const { stop, start } = changes(found('1'), found('2'));
    expect(stop).toEqual(['changed']);
    expect(start.map(({ functionName }) => functionName)).toEqual(['changed']);
  });
});

test.each([
  ['{"type":["a","b"]}', { type: 'a' }, true],
  ['{"type":["a"]}', { type: 'c' }, false],
  ['{"type":["a"],"n":[1]}', { type: 'a' }, false],
  ['[{"type":["a"]},{"n":[1]}]', { n: 1 }, true],
  ['{"p":{"q":[{"prefix":"x"}]}}', { p: { q: 'xyz' } }, true],
  ['{"p":[{"exists":false}]}', { q: 1 }, true],
  ['{"p":[{"anything-but":["x"]}]}', { p: 'y' }, true],
  ['{"p":[{"anything-but":["x"]}]}', { p: 'x' }, false],
])('filter %s', (pattern, value, expected) => {
  const filter = parseFilter(pattern);
  expect(filter).toBeDefined();
  expect(passesFilter(Buffer.from(JSON.stringify(value)), filter ?? [])).toBe(expected);
});
