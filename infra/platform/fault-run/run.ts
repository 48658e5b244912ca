import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../../shared/config/index.ts';
import { withEvents } from '../benchmark/events.ts';
import { askHalt, askResume } from '../supervisor/client.ts';
import { createProgress } from '../terminal/progress.ts';
import { alertsOf, type FiredAlert, type Prometheus } from './prometheus.ts';

export interface Plan {
  part: string;
  /** Events a second. */
  rate: number;
  /** Seconds of load before the part is stopped, while it is, and after. */
  before: number;
  fault: number;
  after: number;
}

/** What was seen at one moment, from Prometheus. */
export interface Sample {
  /** Seconds since the start. */
  at: number;
  lagSeconds: Record<string, number>;
  storedRate: Record<string, number>;
  firing: number;
}

export interface Results {
  plan: Plan;
  samples: Sample[];
  alerts: FiredAlert[];
}

const stepSeconds = 10;

/** Load, a part stopped in the middle, then load until the end of the plan; what Prometheus saw of it. */
export async function runFault(
  settings: Settings,
  prometheus: Prometheus,
  { plan, onLine }: { plan: Plan; onLine: (line: string) => void },
): Promise<Results> {
  const startedAt = Date.now() / 1000;
  const total = plan.before + plan.fault + plan.after;
  const progress = createProgress('fault run', { total });
  const timer = setInterval(() => progress.update(Date.now() / 1000 - startedAt), 1000);
  try {
    await withEvents(settings, { rate: plan.rate }, async () => {
      await delay(plan.before * 1000);
      onLine(`${plan.part} stops`);
      await askHalt(settings, plan.part);
      try {
        await delay(plan.fault * 1000);
      } finally {
        onLine(`${plan.part} starts`);
        await askResume(settings, plan.part);
      }
      await delay(plan.after * 1000);
    });
  } finally {
    clearInterval(timer);
    progress.finish();
  }
  const range = { start: startedAt, end: Date.now() / 1000, stepSeconds };
  const [lag, stored, firing] = await Promise.all([
    prometheus.range('function:connector_lag_seconds:max', range),
    prometheus.range('store:store_rows:rate1m', range),
    prometheus.range('ALERTS{alertstate="firing"}', range),
  ]);
  const samples = Array.from(
    { length: Math.floor((range.end - range.start) / stepSeconds) },
    (_, i): Sample => {
      const at = i * stepSeconds;
      const by = (series: typeof lag, label: string) =>
        Object.fromEntries(
          series.flatMap(({ labels, values }) => {
            const value = values.get(at);
            return value === undefined ? [] : [[labels[label] ?? '', value]];
          }),
        );
      return {
        at,
        lagSeconds: by(lag, 'function'),
        storedRate: by(stored, 'store'),
        firing: firing.filter(({ values }) => values.has(at)).length,
      };
    },
  );
  return { plan, samples, alerts: alertsOf(firing, { stepSeconds, end: range.end - range.start }) };
}
