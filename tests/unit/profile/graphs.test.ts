import { expect, test } from '@jest/globals';
import { graphsOf, threadCosts, wholeGraph } from '../../../infra/platform/profile/graphs.ts';
import type { Frame, Stack } from '../../../infra/platform/profile/tree.ts';
import type { View } from '../../../infra/platform/profile/watch.ts';

const stack = (samples: number, ...names: string[]): Stack => ({
  frames: names.map((name): Frame => ({ name, at: '', origin: 'own' })),
  samples,
});

/** A million events, so that a second of processor is a microsecond an event. */
const profiledOf = (cpuSeconds: Record<string, number>, views: View[]) => ({
  measured: {
    events: 1_000_000,
    producedSeconds: 50,
    storedSeconds: 50,
    peakResidentBytes: 0,
    samples: [],
    latency: new Map(),
    batchSizes: new Map(),
    cpuSeconds: new Map(Object.entries(cpuSeconds)),
  },
  machineSeconds: 60,
  views,
  skipped: [],
});

const summary = (profiled: Parameters<typeof graphsOf>[0]) =>
  graphsOf(profiled).map(({ name, of, file, microseconds }) => [name, of, file, microseconds]);

test('replicas are one, and a function costs its share of their main threads', () => {
  const replica = (seconds: number, ...stacks: Stack[]): View => {
    return { name: 'transform', of: 'javascript', seconds, stacks };
  };
  const profiled = profiledOf({ transform: 12 }, [
    replica(6, stack(3, 'read', 'parse'), stack(1, 'read')),
    replica(2, stack(4, 'write')),
  ]);
  expect(summary(profiled)).toEqual([['transform', 'javascript', 'transform.svg', 8]]);
  expect(graphsOf(profiled)[0]?.dearest.map((each) => [each.name, each.share, each.microseconds])).toEqual([
    ['write', 0.5, 4],
    ['parse', 0.375, 3],
    ['read', 0.125, 1],
  ]);
});

test('threads are drawn where JavaScript is less than half; who does nothing is left out', () => {
  const threads = (name: string): View => ({ name, of: 'threads', stacks: [stack(1, 'MainThread')] });
  const script = (name: string, seconds: number): View => {
    return { name, of: 'javascript', seconds, stacks: [stack(1, 'f')] };
  };
  const views = ['busy', 'native', 'idle'].map(threads);
  const profiled = profiledOf({ busy: 10, native: 20, idle: 1 }, [
    ...views,
    script('busy', 6),
    script('native', 6),
    script('idle', 0.5),
  ]);
  expect(summary(profiled)).toEqual([
    ['native', 'javascript', 'native.svg', 6],
    ['native', 'threads', 'native-threads.svg', 20],
    ['busy', 'javascript', 'busy.svg', 6],
  ]);
});

test('what Java takes is told by perf, or not at all', () => {
  const java: View = { name: 'kafka-1', of: 'java', stacks: [stack(1, 'Thread.run')] };
  const threads: View = {
    name: 'kafka-1',
    of: 'threads',
    stacks: [stack(1, 'io', 'compiled at run time'), stack(1, 'io', 'libjvm.so'), stack(1, 'io', 'kernel')],
  };
  expect(summary(profiledOf({ 'kafka-1': 9 }, [java, threads]))).toEqual([
    ['kafka-1', 'java', 'kafka-1.svg', 3],
    ['kafka-1', 'threads', 'kafka-1-threads.svg', 9],
  ]);
  expect(summary(profiledOf({ 'kafka-1': 9 }, [java]))).toEqual([
    ['kafka-1', 'java', 'kafka-1.svg', undefined],
  ]);
});

test('threads of one name count together, whatever process they are of', () => {
  const threads = (name: string, ...stacks: Stack[]): View => ({ name, of: 'threads', stacks });
  const whole = wholeGraph(
    profiledOf({ a: 3, b: 5 }, [
      threads('a', stack(2, 'main'), stack(1, 'worker')),
      threads('b', stack(4, 'main'), stack(1, 'worker')),
    ]),
  );
  expect(whole?.microseconds).toBe(8);
  expect(whole && threadCosts(whole).map(({ name, microseconds }) => [name, microseconds])).toEqual([
    ['main', 6],
    ['worker', 2],
  ]);
  expect(wholeGraph(profiledOf({ a: 3 }, []))).toBeUndefined();
});
