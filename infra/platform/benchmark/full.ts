import { setTimeout as delay } from 'node:timers/promises';
import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { untilDrained } from '../proof/drained.ts';
import { type Measured as MeasuredQuestion, measureQuestions } from '../seed/measure.ts';
import { askHalt, askResume, askStatus } from '../supervisor/client.ts';
import { burst, untilCaughtUp, withEvents } from './events.ts';
import type { Footprint } from './footprint.ts';
import { type LookUp, measureLookUps } from './look-ups.ts';
import { type Measured, measureSteadyRate, measureTopRate } from './measure.ts';
import { type Recorded, recording, type SetRate } from './recorder.ts';
import { isBounded, nextRate, type Tried, topRate } from './search.ts';
import { type Summary, summaryOf } from './summary.ts';

/** How long each phase takes, in seconds, and how often those with a fault are repeated. */
export interface Plan {
  /** Load before anything is measured under steady load, until the JITs have compiled most of it. */
  warmUp: number;
  step: number;
  hold: number;
  halt: number;
  burst: number;
  runs: number;
  questionRuns: number;
}

/** All but the hold and the number of runs follow from the seconds of one step. */
export function planOf({ step, hold, runs }: { step: number; hold: number; runs: number }): Plan {
  return {
    warmUp: Math.min(180, 6 * step),
    step,
    hold,
    halt: Math.min(60, 4 * step),
    burst: Math.ceil(step / 6),
    runs,
    questionRuns: Math.max(1, Math.min(100, step)),
  };
}

/** What came of one fault under load; undefined: not within the time given. */
export interface Fault {
  caughtUpSeconds?: number | undefined;
  /** Events a second that were written during a burst. */
  burstRate?: number;
  greatestLagSeconds: number;
}

/** The full benchmark in plain values: what results.json holds. */
export interface Results {
  plan: Plan;
  footprint: Footprint;
  asFastAsTheyCome: Summary;
  tried: Tried[];
  /** Each rate that was held, the last is the one that stayed. */
  held: (Tried & { seconds: number; greatestLagSeconds: number })[];
  top: Summary;
  steady: Summary[];
  /** The first steady load of the processes; absent where a machine is too slow for its rate. */
  warmingUp?: Summary;
  /** Events a second during the faults. */
  liveRate: number;
  halted: Fault[];
  bursts: Fault[];
  killed: Fault[];
  rows: number;
  questions: MeasuredQuestion[];
  lookUps: LookUp[];
}

/** Samples to draw, by the name of the plot. */
export type Timelines = Record<'hold' | 'halt' | 'burst' | 'kill', Recorded['samples']>;

/** Every phase one after the other; each begins when all before it is stored. */
export async function runFull(
  cluster: Cluster,
  settings: Settings,
  { plan, footprint, onLine }: { plan: Plan; footprint: Footprint; onLine: (line: string) => void },
): Promise<{ results: Results; timelines: Timelines }> {
  const fast = await measureTopRate(cluster, settings, { seconds: plan.step });
  const fastRate = fast.events / fast.storedSeconds;
  const steadyAt = async (rate: number, seconds: number) =>
    summaryOf(await measureSteadyRate(cluster, settings, { rate, seconds }), rate);
  // Before the top rate: stores go on merging for minutes what came faster than it was merged.
  const fixed = fastRate >= fixedRate;
  const warmingUp = fixed ? await steadyAt(fixedRate, plan.warmUp) : undefined;
  const steady = fixed ? [await steadyAt(fixedRate, plan.hold)] : [];
  const tried = await search(cluster, settings, { plan, start: fastRate });
  const { held, measured: top } = await hold(cluster, settings, { plan, rate: topRate(tried), onLine });
  const rate = held.at(-1)?.rate ?? 0;

  const rates = [0.25, 0.5, 0.75].map((share) => Math.round(rate * share));
  for (const each of rates) steady.push(await steadyAt(each, plan.step));

  const liveRate = rates[0] as number;
  const underLoad = (title: string, work: (setRate: SetRate) => Promise<Partial<Fault>>) =>
    faults(cluster, settings, { liveRate, runs: plan.runs, title, onLine }, work);
  const limitSeconds = plan.step * 10;
  const halted = await underLoad('connector stopped', async () => {
    await askHalt(settings, 'connector');
    try {
      await delay(plan.halt * 1000);
    } finally {
      await askResume(settings, 'connector');
    }
    return { caughtUpSeconds: await untilCaughtUp(settings, { limitSeconds }) };
  });
  const bursts = await underLoad('burst', async (setRate) => {
    setRate(liveRate * 10);
    const burstRate = liveRate + (await burst(settings, { rate: liveRate * 9, seconds: plan.burst }));
    setRate(liveRate);
    return { burstRate, caughtUpSeconds: await untilCaughtUp(settings, { limitSeconds }) };
  });
  const killed = await underLoad('clickhouse killed', async () => {
    const startedAt = performance.now();
    await killPart(settings, 'clickhouse', { limitSeconds });
    const waited = (performance.now() - startedAt) / 1000;
    const rest = await untilCaughtUp(settings, { limitSeconds });
    return { caughtUpSeconds: rest === undefined ? undefined : waited + rest };
  });

  await untilDrained(cluster, settings);
  const asked = await askQuestions(settings, plan.questionRuns, onLine);
  return {
    results: {
      plan,
      footprint,
      asFastAsTheyCome: summaryOf(fast, 0),
      tried,
      held,
      top: summaryOf(top, rate),
      steady,
      ...(warmingUp && { warmingUp }),
      liveRate,
      halted: halted.outcomes,
      bursts: bursts.outcomes,
      killed: killed.outcomes,
      ...asked,
    },
    timelines: { hold: top.samples, halt: halted.samples, burst: bursts.samples, kill: killed.samples },
  };
}

/** A rate that latency is told at, as long as the top rate is held, on every machine that stores a burst as fast. */
export const fixedRate = 10_000;

async function search(
  cluster: Cluster,
  settings: Settings,
  { plan, start }: { plan: Plan; start: number },
): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (;;) {
    const rate = nextRate(tried, { start });
    if (rate === undefined) return tried;
    const measured = await measureSteadyRate(cluster, settings, { rate, seconds: plan.step });
    tried.push({ rate, sustained: isSustained(measured, plan.step) });
  }
}

/** Goes down to what was stored a second, or by a twentieth, until a rate stays sustained. */
async function hold(
  cluster: Cluster,
  settings: Settings,
  { plan, rate: first, onLine }: { plan: Plan; rate: number; onLine: (line: string) => void },
): Promise<{ held: Results['held']; measured: Measured }> {
  if (first === 0)
    throw new PipelineError('NO_RATE', 'No rate was sustained: give steps more time with BENCHMARK_SECONDS');
  const held: Results['held'] = [];
  for (let rate = first; held.length < 5; ) {
    const measured = await measureSteadyRate(cluster, settings, { rate, seconds: plan.hold });
    const sustained = isSustained(measured, plan.hold);
    held.push({ rate, sustained, seconds: plan.hold, greatestLagSeconds: greatestLag(measured) });
    if (sustained) return { held, measured };
    onLine(`${rate} events/s did not hold for ${plan.hold} s`);
    rate = Math.round(0.95 * Math.min(rate, measured.events / measured.storedSeconds));
  }
  throw new PipelineError(
    'NO_RATE',
    `No rate down to ${held.at(-1)?.rate} events/s held for ${plan.hold} s: give steps more time with BENCHMARK_SECONDS`,
  );
}

/** All events were written in time, and lag was bounded while they were. */
function isSustained({ producedSeconds, samples }: Measured, seconds: number): boolean {
  const lags = samples
    .filter(({ at }) => at <= seconds)
    .map(({ lagSeconds }) => lagSeconds ?? Number.POSITIVE_INFINITY);
  return producedSeconds <= seconds * 1.03 + 1 && isBounded(lags);
}

const greatestLag = ({ samples }: Pick<Recorded, 'samples'>) =>
  Math.max(0, ...samples.map(({ lagSeconds }) => lagSeconds ?? 0));

/** The same fault some times, each time from rest, while events come at the live rate; the first is drawn. */
async function faults(
  cluster: Cluster,
  settings: Settings,
  {
    liveRate,
    runs,
    title,
    onLine,
  }: { liveRate: number; runs: number; title: string; onLine: (line: string) => void },
  work: (setRate: SetRate) => Promise<Partial<Fault>>,
): Promise<{ outcomes: Fault[]; samples: Recorded['samples'] }> {
  const outcomes: Fault[] = [];
  let drawn: Recorded['samples'] = [];
  for (let run = 1; run <= runs; run++) {
    await untilDrained(cluster, settings);
    const { outcome, recorded } = await recording(settings, (setRate) =>
      withEvents(settings, { rate: liveRate }, async () => {
        setRate(liveRate);
        await untilCaughtUp(settings, { limitSeconds: 60 });
        return work(setRate);
      }),
    );
    outcomes.push({ ...outcome, greatestLagSeconds: greatestLag(recorded) });
    if (run === 1) drawn = recorded.samples;
    const took = outcome.caughtUpSeconds?.toFixed(1) ?? 'more than the given';
    onLine(`${title}, ${run} of ${runs}: ${took} s until lag < 1 s`);
  }
  return { outcomes, samples: drawn };
}

/** kill -9, then until another process of it is ready. @throws PipelineError `PART` when none is in time. */
async function killPart(
  settings: Settings,
  name: string,
  { limitSeconds }: { limitSeconds: number },
): Promise<void> {
  const part = async () => (await askStatus(settings))?.parts.find((each) => each.name === name);
  const killed = (await part())?.pid;
  if (killed === undefined) throw new PipelineError('PART', `${name} is no process of this platform`);
  process.kill(killed, 'SIGKILL');
  const deadline = Date.now() + limitSeconds * 1000;
  for (;;) {
    const now = await part();
    if (now?.state === 'ready' && now.pid !== undefined && now.pid !== killed) return;
    if (Date.now() > deadline)
      throw new PipelineError('PART', `${name} was not back after ${limitSeconds} s`);
    await delay(100);
  }
}

async function askQuestions(settings: Settings, runs: number, onLine: (line: string) => void) {
  const clickhouse = createClickHouse(settings, { requestTimeoutMs: 120_000 });
  try {
    const client = clickhouse.shards[0]?.replicas[0];
    if (client === undefined) throw new PipelineError('CLICKHOUSE', 'CLICKHOUSE_URL names no server');
    const questions = await measureQuestions(client, {
      settings,
      database: settings.clickhouseDatabase,
      from: new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10),
      runs,
      onMeasured: ({ name, p50Ms }) => onLine(`${name}: p50 ${Math.round(p50Ms)} ms`),
    });
    const [held] = await rows<{ rows: string }>(
      client,
      'SELECT toString(count()) AS rows FROM events_distributed',
    );
    return { rows: Number(held?.rows ?? 0), questions, lookUps: await measureLookUps(settings, runs) };
  } finally {
    await clickhouse.close();
  }
}
