import type { Sample } from './steps.ts';

const width = 860;
const left = 64;
const right = 16;
const panelHeight = 130;
const gap = 44;

interface Line {
  name: string;
  colour: string;
  values: (sample: Sample) => number;
}

interface Panel {
  title: string;
  lines: Line[];
  /** A level to draw, such as a target. */
  level?: { value: number; name: string };
}

/** The run as an SVG of three panels over the same seconds: what was sent, how late it was, how many replicas. */
export function plot(samples: readonly Sample[], { lagTargetSeconds }: { lagTargetSeconds: number }): string {
  const panels: Panel[] = [
    {
      title: 'events sent a second',
      lines: [{ name: 'sent', colour: '#1f6feb', values: ({ rate }) => rate }],
    },
    {
      title: 'lag, seconds',
      lines: [{ name: 'lag', colour: '#bc4c00', values: ({ lagSeconds }) => lagSeconds }],
      level: { value: lagTargetSeconds, name: `target ${lagTargetSeconds} s` },
    },
    {
      title: 'replicas: wanted, and (thin) answering',
      lines: [
        { name: 'wanted', colour: '#1a7f37', values: ({ replicas }) => replicas },
        { name: 'answering', colour: '#57606a', values: ({ available }) => available },
      ],
    },
  ];
  const seconds = Math.max(1, samples.at(-1)?.at ?? 1);
  const x = (at: number) => left + (at / seconds) * (width - left - right);
  const height = panels.length * (panelHeight + gap) + 24;
  const drawn = panels.map((panel, i) => drawPanel(panel, samples, { top: 30 + i * (panelHeight + gap), x }));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Events sent, lag and replicas over time</title>
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

function drawPanel(
  { title, lines, level }: Panel,
  samples: readonly Sample[],
  { top, x }: { top: number; x: (at: number) => number },
): string {
  const all = samples.flatMap((sample) => lines.map(({ values }) => values(sample)));
  const highest = Math.max(1, level?.value ?? 0, ...all);
  const marks = ticks(highest, 4);
  const scale = Math.max(highest, marks.at(-1) ?? 0);
  const y = (value: number) => top + panelHeight - (value / scale) * panelHeight;
  const parts = [
    `<text x="${left}" y="${top - 10}" font-weight="bold" fill="#24292f">${title}</text>`,
    ...marks.map(
      (mark) =>
        `<line x1="${left}" x2="${width - right}" y1="${round(y(mark))}" y2="${round(y(mark))}" stroke="#d8dee4"/>` +
        `<text x="${left - 8}" y="${round(y(mark) + 4)}" text-anchor="end" fill="#57606a">${mark}</text>`,
    ),
  ];
  if (level) {
    const at = round(y(level.value));
    parts.push(
      `<line x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" stroke="#cf222e" stroke-dasharray="5 4"/>`,
      `<text x="${width - right}" y="${round(y(level.value) - 5)}" text-anchor="end" fill="#cf222e">${level.name}</text>`,
    );
  }
  for (const [i, { colour, values }] of lines.entries()) {
    const points = samples.map((sample) => `${round(x(sample.at))},${round(y(values(sample)))}`).join(' ');
    parts.push(
      `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="${i === 0 ? 2 : 1}"/>`,
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
