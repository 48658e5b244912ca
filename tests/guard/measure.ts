import type { Stage } from './path.ts';

/** The system counts processor time in steps of up to 4 ms. */
const runsAtOnce = 8;

/**
 * Processor time of each stage as a multiple of the reference loop's, both measured in turn in this process: so it says
 * the same on a fast machine and on a slow or busy one. The lower quartile of the rounds leaves out what disturbed.
 */
export function ratios(
  { reference, stages }: { reference: () => void; stages: readonly Stage[] },
  { warmUp, rounds }: { warmUp: number; rounds: number },
): Map<string, number> {
  const all = [{ name: '', run: reference }, ...stages];
  const micros = new Map(all.map(({ name }) => [name, [] as number[]]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const { name, run } of all) {
      const before = process.threadCpuUsage();
      for (let i = 0; i < runsAtOnce; i++) run();
      const { user, system } = process.threadCpuUsage(before);
      if (round >= 0) micros.get(name)?.push(user + system);
    }
  }
  const one = lowerQuartile(micros.get('') ?? []);
  return new Map(stages.map(({ name }) => [name, lowerQuartile(micros.get(name) ?? []) / one]));
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? Number.NaN;
}
