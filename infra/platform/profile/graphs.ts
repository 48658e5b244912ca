import { shareOfCompiled } from './perf-stacks.ts';
import type { Profiled } from './run.ts';
import { type Branch, type Frame, foldStacks, type Stack, selfTimes } from './tree.ts';
import type { View } from './watch.ts';

/** One flame graph, and what it says in numbers. */
export interface Graph {
  /** Of the part or the function. */
  name: string;
  of: View['of'];
  /** Name of the SVG. */
  file: string;
  tree: Branch;
  /** Of processor an event, in all that it shows; undefined where nobody can tell. */
  microseconds: number | undefined;
  /** Every function by what it takes itself. */
  dearest: Cost[];
}

export interface Cost extends Frame {
  share: number;
  microseconds: number | undefined;
}

/** Who takes less of a processor is no part of the load. */
const leastUse = 0.03;

/**
 * Graphs of every process that the load keeps busy, the dearest first, replicas of a function as one. All its threads are
 * drawn only where JavaScript is less than half of it.
 */
export function graphsOf({ measured, views }: Profiled): Graph[] {
  const { cpuSeconds, storedSeconds, events } = measured;
  const perEvent = (seconds: number) => (seconds * 1e6) / events;
  return [...cpuSeconds]
    .filter(([, seconds]) => seconds >= leastUse * storedSeconds)
    .sort(([, a], [, b]) => b - a)
    .flatMap(([name, seconds]) => {
      const seen = (of: View['of']) => views.filter((view) => view.name === name && view.of === of);
      const javascript = seen('javascript');
      const inScript = javascript.reduce((sum, view) => sum + (view.seconds ?? 0), 0);
      const java = stacksOf(seen('java'));
      const threads = stacksOf(seen('threads'));
      const graphs: Graph[] = [];
      const add = (of: View['of'], stacks: Stack[], microseconds: number | undefined) => {
        if (stacks.length > 0) graphs.push(graphOf({ name, of, stacks, microseconds }));
      };
      add('javascript', stacksOf(javascript), perEvent(inScript));
      // Flight Recorder sees threads in Java alone; how much of the processor's time that was, perf tells.
      const compiled = threads.length > 0 ? perEvent(seconds * shareOfCompiled(threads)) : undefined;
      add('java', java, compiled);
      if (inScript < seconds / 2) add('threads', threads, perEvent(seconds));
      return graphs;
    });
}

/** All threads of all processes in one; undefined without perf. */
export function wholeGraph({ measured, views }: Profiled): Graph | undefined {
  const stacks = views.flatMap(({ name, of, stacks }) => {
    const process: Frame = { name, at: 'process', origin: 'runtime' };
    return of === 'threads' ? stacks.map((each) => ({ ...each, frames: [process, ...each.frames] })) : [];
  });
  if (stacks.length === 0) return undefined;
  const seconds = [...measured.cpuSeconds.values()].reduce((sum, each) => sum + each, 0);
  return graphOf({ name: 'all', of: 'threads', stacks, microseconds: (seconds * 1e6) / measured.events });
}

/** Threads by name, whatever process they are of: what kinds of work there are. */
export function threadCosts(whole: Graph): Cost[] {
  const threads = whole.tree.callees.flatMap(({ callees }) => callees);
  const merged = Map.groupBy(threads, ({ name }) => name);
  return [...merged.values()]
    .flatMap((same) => {
      const share = same.reduce((sum, { total }) => sum + total, 0) / whole.tree.total;
      const [first] = same;
      return first ? [costOf(first, share, whole.microseconds)] : [];
    })
    .sort((a, b) => b.share - a.share);
}

const stacksOf = (views: readonly View[]): Stack[] => views.flatMap(({ stacks }) => stacks);

function graphOf({
  name,
  of,
  stacks,
  microseconds,
}: Pick<Graph, 'name' | 'of' | 'microseconds'> & { stacks: Stack[] }): Graph {
  const tree = foldStacks(stacks);
  return {
    name,
    of,
    file: of === 'threads' ? `${name}-threads.svg` : `${name}.svg`,
    tree,
    microseconds,
    dearest: selfTimes(tree).map((each) => costOf(each, each.self / tree.total, microseconds)),
  };
}

function costOf({ name, at, origin }: Frame, share: number, whole: number | undefined): Cost {
  return { name, at, origin, share, microseconds: whole && share * whole };
}
