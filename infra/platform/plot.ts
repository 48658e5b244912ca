const width = 860;
const left = 64;
const right = 16;
const panelHeight = 130;
const gap = 44;
const colours = [
  '#1f6feb',
  '#bc4c00',
  '#1a7f37',
  '#8250df',
  '#cf222e',
  '#57606a',
  '#9a6700',
  '#0969da',
  '#bf3989',
  '#116329',
];

export interface Line<S> {
  name: string;
  colour?: string;
  /** undefined: nothing was seen then. */
  values: (sample: S) => number | undefined;
}

export interface Panel<S> {
  title: string;
  lines: Line<S>[];
  /** Names the lines beside the title, where that does not. */
  legend?: boolean;
  /** A level to draw, such as a target. */
  level?: { value: number; name: string };
}

/** Samples over time as an SVG: panels above each other over the same seconds. `at` is in seconds. */
export function plotPanels<S extends { at: number }>(
  samples: readonly S[],
  { title, panels }: { title: string; panels: readonly Panel<S>[] },
): string {
  const seconds = Math.max(1, samples.at(-1)?.at ?? 1);
  const x = (at: number) => left + (at / seconds) * (width - left - right);
  const height = panels.length * (panelHeight + gap) + 24;
  const drawn = panels.map((panel, i) => drawPanel(panel, samples, { top: 30 + i * (panelHeight + gap), x }));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${drawn.join('\n')}
${ticks(seconds, 6)
  .map(
    (at) => `<text x="${round(x(at))}" y="${height - 22}" text-anchor="middle" fill="#57606a">${at} s</text>`,
  )
  .join('\n')}
</svg>
`;
}

function drawPanel<S extends { at: number }>(
  { title, lines, legend, level }: Panel<S>,
  samples: readonly S[],
  { top, x }: { top: number; x: (at: number) => number },
): string {
  const all = samples.flatMap((sample) => lines.map(({ values }) => values(sample) ?? 0));
  const highest = Math.max(1, level?.value ?? 0, ...all);
  const marks = ticks(highest, 4);
  const scale = Math.max(highest, marks.at(-1) ?? 0);
  const y = (value: number) => top + panelHeight - (value / scale) * panelHeight;
  const colourOf = (i: number) => lines[i]?.colour ?? colours[i % colours.length] ?? '';
  const parts = [
    `<text x="${left}" y="${top - 10}" font-weight="bold" fill="#24292f">${title}</text>`,
    ...marks.map(
      (mark) =>
        `<line x1="${left}" x2="${width - right}" y1="${round(y(mark))}" y2="${round(y(mark))}" stroke="#d8dee4"/>` +
        `<text x="${left - 8}" y="${round(y(mark) + 4)}" text-anchor="end" fill="#57606a">${mark}</text>`,
    ),
  ];
  if (legend) {
    const names = lines.map(({ name }, i) => `<tspan fill="${colourOf(i)}">${name}</tspan>`);
    parts.push(
      `<text x="${width - right}" y="${top - 10}" text-anchor="end" font-size="10">${names.join(' ')}</text>`,
    );
  }
  if (level) {
    const at = round(y(level.value));
    parts.push(
      `<line x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" stroke="#cf222e" stroke-dasharray="5 4"/>`,
      `<text x="${width - right}" y="${round(y(level.value) - 5)}" text-anchor="end" fill="#cf222e">${level.name}</text>`,
    );
  }
  for (const [i, { values }] of lines.entries()) {
    const points = samples.flatMap((sample) => {
      const value = values(sample);
      return value === undefined ? [] : [`${round(x(sample.at))},${round(y(value))}`];
    });
    parts.push(
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colourOf(i)}" stroke-width="${i === 0 ? 2 : 1}"/>`,
    );
  }
  return parts.join('\n');
}

/** Round numbers from 0 to at most `highest`, about `count` of them. */
function ticks(highest: number, count: number): number[] {
  const rough = highest / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

const round = (value: number): number => Math.round(value * 10) / 10;
