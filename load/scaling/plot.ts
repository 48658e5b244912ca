import { type Panel, plotPanels } from '../../infra/platform/plot.ts';
import type { Sample } from './steps.ts';

/** The run as an SVG of three panels over the same seconds: what was sent, how late it was, how many replicas. */
export function plot(samples: readonly Sample[], { lagTargetSeconds }: { lagTargetSeconds: number }): string {
  const panels: Panel<Sample>[] = [
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
  return plotPanels(samples, { title: 'Events sent, lag and replicas over time', panels });
}
