import type { Frame, Stack } from './tree.ts';

/** One line of `perf script -F comm,pid,tid,ip,sym,dso`; a thread's name and a symbol may hold spaces and brackets. */
const line = /^\s*(.+?)\s+(\d+)\/\d+\s+[\da-f]+ (.*) \((.*?)\)$/;

/** Stands for the library of machine code that a JVM or V8 has compiled. */
const compiled = 'compiled at run time';

/** Samples of all threads of some processes: thread, library and, where the library tells it, function. */
export function* stacksOfPerf(text: string): Iterable<Stack & { pid: number }> {
  for (const each of text.split('\n')) {
    const [, threadName, pid, symbol = '', path = ''] = line.exec(each) ?? [];
    if (threadName === undefined) continue;
    const thread = threadName.replaceAll(/\b\d+\b/g, 'N');
    const library = libraryOf(path);
    const frames: Frame[] = [
      { name: thread, at: 'thread', origin: 'runtime' },
      { name: library, at: `thread ${thread}`, origin: 'native' },
    ];
    if (symbol !== '[unknown]') frames.push({ name: symbol, at: library, origin: 'native' });
    yield { pid: Number(pid), frames, samples: 1 };
  }
}

/** Which share of a JVM's samples was in compiled or interpreted Java; the rest is its own work and native libraries. */
export function shareOfCompiled(stacks: readonly Stack[]): number {
  const inside = stacks.filter(({ frames }) => frames.some(({ name }) => name === compiled));
  return inside.length / Math.max(1, stacks.length);
}

function libraryOf(path: string): string {
  if (/perf-\d+\.map$/.test(path)) return compiled;
  if (path.startsWith('[kernel')) return 'kernel';
  return path.slice(path.lastIndexOf('/') + 1);
}
