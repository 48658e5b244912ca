import { plotPanels } from '../plot.ts';
import type { Timelines } from './full.ts';
import type { Sample } from './recorder.ts';

const titles: Record<keyof Timelines, string> = {
  hold: 'The top rate, held',
  halt: 'The connector stopped under load',
  burst: 'A burst of ten times the load',
  kill: 'ClickHouse killed under load',
};

/** Each timeline as an SVG by its file's name: events asked for, lag, memory. */
export function plotsOf(timelines: Timelines): Record<string, string> {
  return Object.fromEntries(
    Object.entries(timelines).map(([name, samples]) => [
      `${name}.svg`,
      plot(samples, titles[name as keyof Timelines]),
    ]),
  );
}

function plot(samples: readonly Sample[], title: string): string {
  const names = [...new Set(samples.flatMap(({ memory }) => Object.keys(memory)))];
  return plotPanels(samples, {
    title,
    panels: [
      { title: 'events asked for a second', lines: [{ name: 'asked for', values: ({ rate }) => rate }] },
      {
        title: 'lag, seconds',
        lines: [{ name: 'lag', colour: '#bc4c00', values: ({ lagSeconds }) => lagSeconds }],
      },
      {
        title: 'memory, MB',
        legend: true,
        lines: names.map((name) => ({
          name,
          values: ({ memory }) => (memory[name] === undefined ? undefined : memory[name] / 1e6),
        })),
      },
    ],
  });
}
