import { expect, test } from '@jest/globals';
import { flameGraph } from '../../../infra/platform/profile/flame-graph.ts';
import { type Frame, foldStacks } from '../../../infra/platform/profile/tree.ts';

const frame = (name: string, at = ''): Frame => ({ name, at, origin: 'own' });
const titlesOf = (svg: string) => [...svg.matchAll(/<g><title>(.*?)<\/title>/g)].map(([, title]) => title);

test('each box tells its place, share and cost, whatever is in a name', () => {
  const svg = flameGraph(
    foldStacks([
      { frames: [frame('a', 'x.ts:1'), frame('Map<K, "V&W">')], samples: 3 },
      { frames: [frame('a', 'x.ts:1')], samples: 1 },
    ]),
    { title: 'a & b', microseconds: 8 },
  );
  expect(svg).toMatch(/^<svg [^>]*>\n<title>a &amp; b<\/title>/);
  expect(titlesOf(svg)).toEqual([
    'all 100.0 %, 8.00 µs an event',
    'a (x.ts:1) 100.0 %, 8.00 µs an event',
    'Map&lt;K, &quot;V&amp;W&quot;&gt; 75.0 %, 6.00 µs an event',
  ]);
});

test('a label never leaves its box', () => {
  const names = ['x'.repeat(500), 'y'.repeat(40), 'z'.repeat(40)];
  const svg = flameGraph(
    foldStacks(names.map((name, i) => ({ frames: [frame(name)], samples: [96, 3, 1][i] ?? 0 }))),
    { title: 'labels' },
  );
  const boxes = [
    ...svg.matchAll(/<rect x="([\d.]+)"[^>]*? width="([\d.]+)"[^>]*>(?:<text x="([\d.]+)"[^>]*>(.*?)<)?/g),
  ];
  const labels = boxes.map(([, , , , label]) => label);
  expect(labels).toEqual(['all', expect.stringMatching(/^x{100,}…$/), 'yyy…', undefined]);
  for (const [, x, width, textX, label] of boxes) {
    if (label === undefined) continue;
    // DejaVu Sans Mono and Menlo, the widest of the common ones.
    expect(Number(textX) + label.length * 11 * 0.602).toBeLessThan(Number(x) + Number(width));
  }
});

test('narrow boxes are left out, and more of them where there are many', () => {
  const few = foldStacks([
    { frames: [frame('wide')], samples: 999 },
    { frames: [frame('narrow')], samples: 1 },
  ]);
  expect(titlesOf(flameGraph(few, { title: 'few' }))).toHaveLength(2);

  const many = foldStacks(
    Array.from({ length: 300 }, (_, i) => ({
      frames: Array.from({ length: 10 }, (_, depth) => frame(`f${i}-${depth}`)),
      samples: 1000 + i,
    })),
  );
  const svg = flameGraph(many, { title: 'many' });
  expect(titlesOf(svg).length).toBeGreaterThan(700);
  expect(svg.length).toBeLessThan(200_000);
});
