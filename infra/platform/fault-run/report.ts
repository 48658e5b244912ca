import { describeMachine, type Machine } from '../benchmark/machine.ts';
import { plotPanels } from '../plot.ts';
import type { FiredAlert } from './prometheus.ts';
import type { Results, Sample } from './run.ts';

/** What is amiss with the alerts: that one fired before the fault, none during it, or one does not clear. */
export function amiss({ plan, alerts }: Pick<Results, 'plan' | 'alerts'>): string[] {
  const during = ({ from }: FiredAlert) => from >= plan.before && from < plan.before + plan.fault;
  return [
    ...alerts.filter(({ from }) => from < plan.before).map(({ name }) => `${name} fired before the fault`),
    ...(alerts.some(during) ? [] : ['no alert fired during the fault']),
    ...alerts.filter(({ to }) => to === undefined).map(({ name }) => `${name} had not cleared at the end`),
  ];
}

/** The run as a page. */
export function faultReport(results: Results, { machine, at }: { machine: Machine; at: Date }): string {
  const { plan, alerts } = results;
  const total = (plan.before + plan.fault + plan.after) / 60;
  const since = (seconds: number) => `${seconds - plan.before} s`;
  return `# A fault, seen

Made by \`make fault-run FAULT_PART=${plan.part} FAULT_SECONDS=${plan.fault} FAULT_RATE=${plan.rate}\` on ${at.toISOString().slice(0, 10)}: ${describeMachine(machine)}.

${total.toFixed(0)} minutes of ${plan.rate} events/s under a real Prometheus with the rules of [infra/prometheus](../infra/prometheus/README.md), looking
every 10 s; ${plan.part} is stopped after ${plan.before} s, for ${plan.fault} s.

![Stored events, lag and alerts over time](fault-run.svg)

| alert | of | fired, after the stop | cleared, after the start again |
|---|---|---:|---:|
${alerts
  .map(
    ({ name, labels, from, to }) =>
      `| [${name}](runbook.md#${name.toLowerCase()}) | ${Object.entries(labels)
        .map(([key, value]) => `${key} ${value}`)
        .join(
          ', ',
        )} | ${since(from)} | ${to === undefined ? 'not by the end' : `${to - plan.before - plan.fault} s`} |`,
  )
  .join('\n')}

${amiss(results).join('; ') || 'No alert fired before the fault, and each had cleared at the end.'}
`;
}

/** Stored events, lag and the number of alerts over time. */
export function faultPlot({ plan, samples }: Results): string {
  const lines = (values: (sample: Sample) => Record<string, number>) =>
    [...new Set(samples.flatMap((sample) => Object.keys(values(sample))))].sort().map((name) => ({
      name,
      values: (sample: Sample) => values(sample)[name],
    }));
  return plotPanels(samples, {
    title: `${plan.part} stopped for ${plan.fault} s`,
    panels: [
      { title: 'events stored a second', legend: true, lines: lines(({ storedRate }) => storedRate) },
      { title: 'lag, seconds', legend: true, lines: lines(({ lagSeconds }) => lagSeconds) },
      {
        title: 'alerts that fire',
        lines: [{ name: 'alerts', colour: '#cf222e', values: ({ firing }) => firing }],
      },
    ],
  });
}
