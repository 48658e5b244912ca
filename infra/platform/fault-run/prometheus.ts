import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { PipelineError } from '../../../shared/errors/index.ts';
import { prometheusCommand, requirePrometheus } from '../../prometheus/command.ts';

/** A series over a range: values by whole seconds since its start. */
export interface Series {
  labels: Record<string, string>;
  values: ReadonlyMap<number, number>;
}

export interface Range {
  /** Seconds since 1970. */
  start: number;
  end: number;
  stepSeconds: number;
}

export interface Prometheus {
  range(query: string, range: Range): Promise<Series[]>;
  stop(): Promise<void>;
}

/** An alert that fired; seconds since the start of the range. */
export interface FiredAlert {
  name: string;
  labels: Record<string, string>;
  from: number;
  /** Undefined: it still fired at the end. */
  to: number | undefined;
}

const answerSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/**
 * Starts a Prometheus of its own with the rules of infra/prometheus, its data in `folder`.
 *
 * @throws PipelineError `NO_PROMETHEUS` where none is installed, or it does not come up within half a minute.
 */
export async function startPrometheus({
  folder,
  gatewayUrl,
  address,
}: {
  folder: string;
  gatewayUrl: string;
  /** host:port. */
  address: string;
}): Promise<Prometheus> {
  const [command = '', ...args] = prometheusCommand({
    program: requirePrometheus(),
    folder,
    gatewayUrl,
    address,
  });
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await untilReady(child, address);
  return {
    async range(query, { start, end, stepSeconds }) {
      const parameters = new URLSearchParams({
        query,
        start: String(start),
        end: String(end),
        step: String(stepSeconds),
      });
      const response = await fetch(`http://${address}/api/v1/query_range?${parameters}`);
      if (!response.ok) throw new PipelineError('PROMETHEUS', `${query}: ${await response.text()}`);
      return answerSchema.parse(await response.json()).data.result.map(({ metric, values }) => ({
        labels: metric,
        values: new Map(values.map(([at, value]) => [Math.round(at - start), Number(value)])),
      }));
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function untilReady(child: ChildProcess, address: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const response = await fetch(`http://${address}/-/ready`).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > deadline || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new PipelineError('NO_PROMETHEUS', `prometheus does not come up at ${address} (PROMETHEUS_PORT)`);
    }
    await delay(200);
  }
}

const own = new Set(['__name__', 'alertname', 'alertstate', 'severity']);

/** Each stretch of time that an alert fired, in order. */
export function alertsOf(
  firing: readonly Series[],
  { stepSeconds, end }: { stepSeconds: number; end: number },
): FiredAlert[] {
  return firing
    .flatMap(({ labels, values }): FiredAlert[] => {
      const times = [...values.keys()].sort((a, b) => a - b);
      const firsts = times.filter((at) => !values.has(at - stepSeconds));
      const lasts = times.filter((at) => !values.has(at + stepSeconds));
      const others = Object.fromEntries(Object.entries(labels).filter(([name]) => !own.has(name)));
      return firsts.map((from, i) => {
        const last = lasts[i] as number;
        return {
          name: labels.alertname ?? '',
          labels: others,
          from,
          to: last + stepSeconds >= end ? undefined : last + stepSeconds,
        };
      });
    })
    .sort((a, b) => a.from - b.from);
}
