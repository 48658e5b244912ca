import { describe, expect, test } from '@jest/globals';
import { createSchedule, roles } from '../../integrity/chaos/schedule.ts';

describe('the schedule of faults', () => {
  test('is the same for the same seed and another for another', () => {
    expect(createSchedule({ seed: 5, faults: 50 })).toEqual(createSchedule({ seed: 5, faults: 50 }));
    expect(createSchedule({ seed: 5, faults: 50 })).not.toEqual(createSchedule({ seed: 6, faults: 50 }));
  });

  test('a thousand faults hit every role and every kind at least twenty times', () => {
    const schedule = createSchedule({ seed: 1, faults: 1000 });
    for (const role of roles) {
      expect(schedule.filter(({ fault }) => fault.role === role).length).toBeGreaterThanOrEqual(100);
    }
    const kinds = Map.groupBy(schedule, ({ fault }) => fault.kind);
    for (const kind of ['kill', 'restart', 'freeze', 'drop-answer', 'lie', 'delay'] as const) {
      expect(kinds.get(kind)?.length).toBeGreaterThanOrEqual(20);
    }
    // Some outlast the session time-out of ten seconds.
    expect(schedule.some(({ fault }) => fault.kind === 'freeze' && fault.ms > 10_000)).toBe(true);
  });

  test('answers are spoiled only for what is called', () => {
    for (const { fault } of createSchedule({ seed: 3, faults: 300 })) {
      if (['drop-answer', 'lie', 'delay'].includes(fault.kind)) {
        expect(['transform', 'mongo-write', 'clickhouse-write']).toContain(fault.role);
      }
    }
  });

  test('can be narrowed', () => {
    const schedule = createSchedule({ seed: 2, faults: 30, roles: ['connector'], kinds: ['kill'] });
    expect(new Set(schedule.map(({ fault }) => `${fault.kind} ${fault.role}`))).toEqual(
      new Set(['kill connector']),
    );
  });
});
