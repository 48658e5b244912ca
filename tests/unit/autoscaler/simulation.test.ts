import { describe, expect, test } from '@jest/globals';
import { createScaler, type ScaleSpec } from '../../../infra/autoscaler/decide.ts';
import { createMeter } from '../../../infra/autoscaler/measure.ts';

const spec: ScaleSpec = { lagTargetSeconds: 5, minReplicas: 1, maxReplicas: 6 };

/** Plays load against a function whose replicas each deliver `perReplica` records a second. */
function simulate({
  load,
  seconds,
  perReplica,
  ceilingRate = Number.POSITIVE_INFINITY,
  stuck = [],
  partitions = 6,
}: {
  load: (second: number) => number;
  seconds: number;
  perReplica: number;
  ceilingRate?: number;
  stuck?: number[];
  partitions?: number;
}) {
  const meter = createMeter();
  const decide = createScaler();
  const end = Array<number>(partitions).fill(0);
  const position = Array<number>(partitions).fill(0);
  const arrivals: { second: number; end: number }[][] = end.map(() => []);
  let replicas = 1;
  const trace: { second: number; replicas: number; lagSeconds: number; reason: string }[] = [];
  for (let second = 0; second < seconds; second++) {
    for (let p = 0; p < partitions; p++) {
      end[p] = (end[p] ?? 0) + load(second) / partitions;
      arrivals[p]?.push({ second, end: end[p] ?? 0 });
    }
    let budget = Math.min(replicas * perReplica, ceilingRate);
    const moving = end.map((_, p) => p).filter((p) => !stuck.includes(p));
    // Each waiting partition gets an even share; what one does not need goes to the others.
    for (let waiting = moving; budget > 1e-6 && waiting.length > 0; ) {
      const share = budget / waiting.length;
      for (const p of waiting) {
        const done = Math.min(share, (end[p] ?? 0) - (position[p] ?? 0));
        position[p] = (position[p] ?? 0) + done;
        budget -= done;
      }
      waiting = waiting.filter((p) => (end[p] ?? 0) - (position[p] ?? 0) > 1e-6);
    }
    const readings = end.map((e, p) => {
      const lag = Math.round(e - (position[p] ?? 0));
      const oldest = arrivals[p]?.find((a) => a.end > (position[p] ?? 0) + 0.5);
      const lagSeconds = lag > 0 && oldest ? second - oldest.second : 0;
      return {
        topic: 't',
        partition: p,
        position: Math.round(position[p] ?? 0),
        lagRecords: lag,
        lagSeconds,
      };
    });
    const measured = meter(second * 1000, readings);
    if (!measured) continue;
    const decision = decide(second * 1000, spec, replicas, measured);
    const lagSeconds = Math.max(
      ...readings.filter((r) => !stuck.includes(r.partition)).map((r) => r.lagSeconds),
    );
    trace.push({ second, replicas: decision.replicas, lagSeconds, reason: decision.reason });
    replicas = decision.replicas;
  }
  const changes = trace.filter((t, i) => i > 0 && t.replicas !== trace[i - 1]?.replicas);
  return { trace, changes };
}

const directionChanges = (replicas: number[]) => {
  const signs = replicas
    .slice(1)
    .map((r, i) => Math.sign(r - (replicas[i] ?? r)))
    .filter((s) => s !== 0);
  return signs.slice(1).filter((s, i) => s !== signs[i]).length;
};

describe('scaling with lag, simulated', () => {
  test('a step of 1k, 10k, 1k events a second: lag is back under the target in 30 s, one change of direction', () => {
    const { trace } = simulate({
      load: (s) => (s < 60 ? 1000 : s < 240 ? 10_000 : 1000),
      seconds: 600,
      perReplica: 3000,
    });
    const late = trace.filter(
      (t) => t.second >= 90 && t.second < 240 && t.lagSeconds > spec.lagTargetSeconds,
    );
    expect(late).toEqual([]);
    expect(directionChanges(trace.map((t) => t.replicas))).toBe(1);
    expect(trace.find((t) => t.second === 240 + 299)?.replicas).toBe(1);
  });

  test('it scales up within 10 s of falling behind', () => {
    const { trace } = simulate({ load: (s) => (s < 30 ? 500 : 8000), seconds: 60, perReplica: 2000 });
    const scaled = trace.find((t) => t.replicas > 1);
    expect(scaled?.second).toBeLessThanOrEqual(40);
  });

  test('a stuck partition alone does not scale to the maximum', () => {
    const { trace } = simulate({ load: () => 1000, seconds: 300, perReplica: 3000, stuck: [2] });
    expect(Math.max(...trace.filter((t) => t.second > 120).map((t) => t.replicas))).toBeLessThanOrEqual(2);
    expect(trace.at(-1)?.replicas).toBe(1);
  });

  test('where a store is the limit, more replicas are not piled up', () => {
    const { trace } = simulate({ load: () => 9000, seconds: 50, perReplica: 4000, ceilingRate: 4000 });
    expect(Math.max(...trace.map((t) => t.replicas))).toBeLessThan(spec.maxReplicas);
    expect(trace.some((t) => /something else is the limit/.test(t.reason))).toBe(true);
  });

  test('steady load below one replica never scales', () => {
    const { changes } = simulate({ load: () => 2000, seconds: 200, perReplica: 3000 });
    expect(changes).toEqual([]);
  });
});
