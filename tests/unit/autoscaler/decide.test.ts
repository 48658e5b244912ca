import { describe, expect, test } from '@jest/globals';
import { createScaler, type ScaleSpec } from '../../../infra/autoscaler/decide.ts';
import { createMeter, type Measurement } from '../../../infra/autoscaler/measure.ts';

const spec: ScaleSpec = { lagTargetSeconds: 5, minReplicas: 1, maxReplicas: 6 };
const quiet: Measurement = {
  arrivalRate: 0,
  deliveredRate: 0,
  backlogRecords: 0,
  lagsSeconds: [],
  stuckPartitions: [],
};

describe('a decision', () => {
  test('obeys a maximum that was lowered at once', () => {
    const decide = createScaler();
    expect(decide(0, { ...spec, maxReplicas: 2 }, 5, quiet)).toEqual({
      replicas: 2,
      reason: 'above the maximum of 2',
    });
  });

  test('goes up to a minimum at once', () => {
    expect(createScaler()(0, { ...spec, minReplicas: 2 }, 1, quiet).replicas).toBe(2);
  });

  test('takes no replicas because partitions rest for a moment, only after calm', () => {
    const decide = createScaler({ calmMs: 60_000 });
    const seen = Array.from({ length: 40 }, (_, i) => decide(i * 2000, spec, 4, quiet).replicas);
    expect(seen.slice(0, 27)).toEqual(Array.from({ length: 27 }, () => 4));
    expect(seen.at(-1)).toBe(1);
  });
});

describe('a measurement', () => {
  const at = (partition: number, position: number, lagRecords: number) => ({
    topic: 't',
    partition,
    position,
    lagRecords,
    lagSeconds: lagRecords / 100,
  });

  test('counts partitions that have something to do: those that nothing comes into need no replica', () => {
    const meter = createMeter();
    meter(0, [at(0, 100, 0), at(1, 100, 50), at(2, 7, 0)]);
    const measured = meter(5000, [at(0, 600, 0), at(1, 100, 550), at(2, 7, 0)]);
    expect(measured).toMatchObject({ arrivalRate: 200, deliveredRate: 100, backlogRecords: 550 });
    expect(measured?.lagsSeconds).toEqual([0, 5.5]);
  });

  test('a position that an operator moved back is no delivery', () => {
    const meter = createMeter();
    meter(0, [at(0, 1000, 0)]);
    expect(meter(5000, [at(0, 200, 800)])).toMatchObject({ arrivalRate: 0, deliveredRate: 0 });
  });
});
