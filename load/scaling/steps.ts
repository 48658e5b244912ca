/** So many events a second for so long. */
export interface Step {
  seconds: number;
  rate: number;
}

/** What was seen in one second. */
export interface Sample {
  /** Seconds since the start. */
  at: number;
  /** Events a second that were to be sent at that time. */
  rate: number;
  /** The greatest of all partitions. */
  lagSeconds: number;
  lagRecords: number;
  /** As the gateway was asked for, and as many as answer. */
  replicas: number;
  available: number;
}

/**
 * `60x1000,180x10000` as steps.
 *
 * @throws RangeError that names the step that is none.
 */
export function parseSteps(text: string): Step[] {
  return text.split(',').map((each) => {
    const [, seconds, rate] = /^(\d+)x(\d+)$/.exec(each.trim()) ?? [];
    if (seconds === undefined || rate === undefined) {
      throw new RangeError(`SCALING_STEPS: ${each} must be seconds x events a second, such as 60x1000`);
    }
    return { seconds: Number(seconds), rate: Number(rate) };
  });
}

/** Events a second that are to be sent so many seconds after the start; 0 after the last step. */
export function rateAt(steps: readonly Step[], at: number): number {
  let begin = 0;
  for (const { seconds, rate } of steps) {
    if (at < begin + seconds) return rate;
    begin += seconds;
  }
  return 0;
}

/** How the autoscaler met one step. */
export interface StepVerdict extends Step {
  /** Seconds after its beginning from which on lag stayed under the target; undefined: it did not. */
  underTargetAfter: number | undefined;
  greatestLagSeconds: number;
  /** How often replicas that had risen fell, or the other way round. */
  turns: number;
  /** Seconds after its beginning at which the number of replicas changed last; 0: it did not. */
  lastChangeAfter: number;
  replicasAtEnd: number;
}

/** Judges each step by its samples. */
export function judge(
  steps: readonly Step[],
  samples: readonly Sample[],
  { lagTargetSeconds }: { lagTargetSeconds: number },
): StepVerdict[] {
  let begin = 0;
  return steps.map((step) => {
    const end = begin + step.seconds;
    const mine = samples.filter(({ at }) => at >= begin && at < end);
    const lastLate = mine.findLast(({ lagSeconds }) => lagSeconds > lagTargetSeconds);
    const changes = mine.flatMap((sample, i) => {
      const by = sample.replicas - (mine[i - 1]?.replicas ?? sample.replicas);
      return by === 0 ? [] : [{ at: sample.at, sign: Math.sign(by) }];
    });
    const verdict: StepVerdict = {
      ...step,
      underTargetAfter:
        lastLate === undefined
          ? 0
          : lastLate === mine.at(-1)
            ? undefined
            : Math.ceil(lastLate.at - begin + 1),
      greatestLagSeconds: Math.max(0, ...mine.map(({ lagSeconds }) => lagSeconds)),
      turns: changes.filter(({ sign }, i) => i > 0 && sign !== changes[i - 1]?.sign).length,
      lastChangeAfter: Math.round((changes.at(-1)?.at ?? begin) - begin),
      replicasAtEnd: mine.at(-1)?.replicas ?? 0,
    };
    begin = end;
    return verdict;
  });
}

/** What is wrong with a run, a line each; none when the autoscaler did what it is for. */
export function faults(
  verdicts: readonly StepVerdict[],
  {
    minReplicas,
    withinSeconds,
    restSeconds,
  }: { minReplicas: number; withinSeconds: number; restSeconds: number },
): string[] {
  const found = verdicts.flatMap(({ rate, underTargetAfter, turns }, i) => [
    ...(underTargetAfter === undefined || underTargetAfter > withinSeconds
      ? [`step ${i + 1} (${rate}/s): lag was not under its target after ${withinSeconds} s`]
      : []),
    ...(turns > 0 ? [`step ${i + 1} (${rate}/s): replicas changed direction ${turns} times`] : []),
  ]);
  const last = verdicts.at(-1);
  if (last && (last.replicasAtEnd !== minReplicas || last.lastChangeAfter > restSeconds)) {
    found.push(`replicas were not back at ${minReplicas} within ${restSeconds} s of the last step`);
  }
  return found;
}
