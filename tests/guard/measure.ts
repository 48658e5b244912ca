import type { Stage } from './path.ts';

/** The system counts processor time in steps of up to 4 ms: what is measured at once takes ten times that. */
const measuredMs = 40;

/**
 * Processor time of each stage as a multiple of the reference loop's, both measured in turn in this process: so it says
 * the same on a fast machine and on a slow or busy one. The lower quartile of the rounds leaves out what disturbed.
 */
export function ratios(
  { reference, stages }: { reference: () => void; stages: readonly Stage[] },
  { warmUp, rounds }: { warmUp: number; rounds: number },
): Map<string, number> {
  const all = [{ name: '', run: reference }, ...stages].map((stage) => {
    const runs = runsThatTake(measuredMs, stage.run, warmUp);
    return { ...stage, runs, micros: [] as number[] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const { run, runs, micros } of all) {
      const before = process.threadCpuUsage();
      for (let i = 0; i < runs; i++) run();
      const { user, system } = process.threadCpuUsage(before);
      micros.push((user + system) / runs);
    }
  }
  const one = lowerQuartile(all[0]?.micros ?? []);
  return new Map(all.slice(1).map(({ name, micros }) => [name, lowerQuartile(micros) / one]));
}

/** How many runs take so long, once the engine has compiled them. */
function runsThatTake(ms: number, run: () => unknown, warmUp: number): number {
  let runs = 1;
  for (let round = 0; round < warmUp; round++) {
    const startedAt = performance.now();
    for (let i = 0; i < runs; i++) run();
    runs = Math.max(1, Math.ceil((runs * ms) / Math.max(performance.now() - startedAt, 0.01)));
  }
  return runs;
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? Number.NaN;
}
