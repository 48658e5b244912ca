import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeMetrics } from '../../../infra/gateway/metrics/merge.ts';

const text = (...lines: string[]) => `${lines.join('\n')}\n`;

describe('merging Prometheus texts', () => {
  test('one HELP and TYPE a name, all samples of it together, each with its labels', () => {
    const a = text(
      '# HELP x_total Things',
      '# TYPE x_total counter',
      'x_total 1',
      '# TYPE y gauge',
      'y{a="b"} 2',
    );
    const b = text('# HELP x_total Other words', '# TYPE x_total counter', 'x_total{c="d"} 3 1700000000');
    expect(
      mergeMetrics([
        { labels: { part: 'p' }, text: a },
        { labels: { replica: 'r' }, text: b },
      ]),
    ).toBe(
      text(
        '# HELP x_total Things',
        '# TYPE x_total counter',
        'x_total{part="p"} 1',
        'x_total{replica="r",c="d"} 3 1700000000',
        '# TYPE y gauge',
        'y{part="p",a="b"} 2',
      ),
    );
  });

  test('a label that a sample has stays; what its part said itself is not said twice', () => {
    const merged = mergeMetrics([
      { labels: { part: 'connector' }, text: text('memory 5', 'cpu{part="mine"} 1') },
      {
        labels: { part: 'supervisor' },
        text: text('memory{part="connector"} 6', 'memory{part="kafka-1"} 7'),
      },
    ]);
    expect(merged).toBe(text('memory{part="connector"} 5', 'memory{part="kafka-1"} 7', 'cpu{part="mine"} 1'));
  });

  test('a histogram stays whole', () => {
    const one = text('# TYPE h histogram', 'h_bucket{le="1"} 1', 'h_sum 1', 'h_count 1', 'ha 1');
    expect(
      mergeMetrics([
        { labels: {}, text: one },
        { labels: { a: 'b' }, text: one },
      ]),
    ).toBe(
      text(
        '# TYPE h histogram',
        'h_bucket{le="1"} 1',
        'h_sum 1',
        'h_count 1',
        'h_bucket{a="b",le="1"} 1',
        'h_sum{a="b"} 1',
        'h_count{a="b"} 1',
        'ha 1',
        'ha{a="b"} 1',
      ),
    );
  });

  test.each([
    ['x{} 1', 'x{a="b"} 1'],
    ['x{l="a b{c}"} 1', 'x{a="b",l="a b{c}"} 1'],
    ['x 1\r', 'x{a="b"} 1'],
    ['x +Inf', 'x{a="b"} +Inf'],
  ])('%j', (line, expected) => {
    expect(mergeMetrics([{ labels: { a: 'b' }, text: line }])).toBe(`${expected}\n`);
  });

  test('label values are escaped', () => {
    expect(mergeMetrics([{ labels: { a: '"\\\n' }, text: 'x 1' }])).toBe('x{a="\\"\\\\\\n"} 1\n');
  });

  test('no sample is lost, whatever the sources', () => {
    const name = fc.constantFrom('a', 'a_total', 'b', 'a_count', 'b_bucket');
    const source = fc.array(fc.tuple(name, fc.nat(), fc.boolean()));
    fc.assert(
      fc.property(fc.array(source, { maxLength: 4 }), (sources) => {
        const texts = sources.map((samples) =>
          samples.map(([n, v, typed]) => `${typed ? `# TYPE ${n} gauge\n` : ''}${n} ${v}`).join('\n'),
        );
        const merged = mergeMetrics(texts.map((t, i) => ({ labels: { s: String(i) }, text: t }))).split('\n');
        const expected = sources.flatMap((samples, i) => samples.map(([n, v]) => `${n}{s="${i}"} ${v}`));
        expect(merged.filter((line) => line !== '' && !line.startsWith('#')).sort()).toEqual(expected.sort());
        const types = merged.filter((line) => line.startsWith('# TYPE'));
        expect(new Set(types).size).toBe(types.length);
      }),
    );
  });

  test('is fast: 40 sources of 500 lines in well under a second', () => {
    const lines = Array.from({ length: 500 }, (_, i) => `metric_${i % 50}{le="${i}",code="200"} ${i}`).join(
      '\n',
    );
    const begun = performance.now();
    mergeMetrics(Array.from({ length: 40 }, (_, i) => ({ labels: { replica: `r${i}` }, text: lines })));
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
