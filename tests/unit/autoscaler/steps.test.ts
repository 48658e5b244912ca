import { expect, test } from '@jest/globals';
import { plot } from '../../../load/scaling/plot.ts';
import { faults, judge, parseSteps, rateAt, type Sample } from '../../../load/scaling/steps.ts';

const steps = parseSteps('10x100,20x1000');
const limits = { minReplicas: 1, withinSeconds: 5, restSeconds: 10 };

const run = (lag: (at: number) => number, replicas: (at: number) => number): Sample[] =>
  Array.from({ length: 30 }, (_, at) => ({
    at,
    rate: rateAt(steps, at),
    lagSeconds: lag(at),
    lagRecords: 0,
    replicas: replicas(at),
    available: replicas(at),
  }));

test('steps are read and played one after the other', () => {
  expect(steps).toEqual([
    { seconds: 10, rate: 100 },
    { seconds: 20, rate: 1000 },
  ]);
  expect([0, 9.9, 10, 29.9, 30].map((at) => rateAt(steps, at))).toEqual([100, 100, 1000, 1000, 0]);
  expect(() => parseSteps('10x100,soon')).toThrow('soon must be seconds x events a second');
});

test('a run that is late for a moment is good; one that turns within a step is told', () => {
  const samples = run(
    (at) => (at >= 11 && at < 14 ? 7 : 1),
    (at) => (at >= 12 && at < 18 ? 3 : 1),
  );
  const verdicts = judge(steps, samples, { lagTargetSeconds: 5 });
  expect(verdicts[1]).toMatchObject({
    underTargetAfter: 4,
    greatestLagSeconds: 7,
    turns: 1,
    replicasAtEnd: 1,
  });
  expect(faults(verdicts, limits)).toEqual(['step 2 (1000/s): replicas changed direction 1 times']);
  expect(
    faults(
      judge(
        steps,
        run(
          () => 1,
          () => 1,
        ),
        { lagTargetSeconds: 5 },
      ),
      limits,
    ),
  ).toEqual([]);
});

test('one that stays late, or keeps its replicas, is not', () => {
  const late = judge(
    steps,
    run(
      (at) => (at > 10 ? 9 : 0),
      () => 1,
    ),
    { lagTargetSeconds: 5 },
  );
  expect(late[1]?.underTargetAfter).toBeUndefined();
  expect(faults(late, limits)).toEqual(['step 2 (1000/s): lag was not under its target after 5 s']);
  const greedy = judge(
    steps,
    run(
      () => 0,
      (at) => (at > 10 ? 4 : 1),
    ),
    { lagTargetSeconds: 5 },
  );
  expect(faults(greedy, limits)).toEqual(['replicas were not back at 1 within 10 s of the last step']);
});

test('the plot draws every sample of each line', () => {
  const svg = plot(
    run(
      () => 2,
      () => 3,
    ),
    { lagTargetSeconds: 5 },
  );
  const lines = [...svg.matchAll(/points="([^"]*)"/g)].map(([, points]) => points?.split(' ').length);
  expect(lines).toEqual([30, 30, 30, 30]);
  expect(svg).toContain('target 5 s');
  expect(svg).not.toContain('NaN');
});
