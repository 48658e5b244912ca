import { expect, test } from '@jest/globals';
import { stacksOfJava } from '../../../infra/platform/profile/java-stacks.ts';
import { shareOfCompiled, stacksOfPerf } from '../../../infra/platform/profile/perf-stacks.ts';
import type { Stack } from '../../../infra/platform/profile/tree.ts';
import { stacksOfV8 } from '../../../infra/platform/profile/v8-stacks.ts';

const root = '/home/somebody/pipeline';

const shown = ({ frames, samples }: Stack) =>
  `${samples} ${frames.map(({ name, at }) => name + (at && `@${at}`)).join(' > ')}`;

const call = (functionName: string, url = '', lineNumber = -1) => ({
  functionName,
  url,
  lineNumber,
  columnNumber: 0,
  scriptId: '1',
});

test('a profile of V8 is read by its nodes; waiting is no work', () => {
  const nodes = [
    { id: 1, callFrame: call('(root)'), children: [2, 3, 4, 5] },
    { id: 2, callFrame: call('(idle)'), hitCount: 900 },
    { id: 3, callFrame: call('(garbage collector)'), hitCount: 7 },
    { id: 4, callFrame: call('(program)'), hitCount: 2 },
    { id: 5, callFrame: call('read', `file://${root}/infra/a.ts`, 4), children: [6], hitCount: 0 },
    { id: 6, callFrame: call('', `file://${root}/infra/a.ts`, 9), hitCount: 3 },
  ];
  expect([...stacksOfV8({ nodes }, { root })].map(shown).toSorted()).toEqual([
    '2 (program)',
    '3 read@infra/a.ts:5 > (anonymous)@infra/a.ts:10',
    '7 (garbage collector)',
  ]);
});

test.each([
  ['code of the project', `file://${root}/shared/b.ts`, 'shared/b.ts:1', 'own'],
  ['a package', `file://${root}/node_modules/p/i.js`, 'node_modules/p/i.js:1', 'package'],
  ['a package elsewhere', 'file:///opt/x/node_modules/p/i.js', 'node_modules/p/i.js:1', 'package'],
  ['a file elsewhere', 'file:///home/somebody/c.ts', 'c.ts:1', 'own'],
  ['a path', '/home/somebody/d.js', 'd.js:1', 'own'],
  ['Node', 'node:buffer', 'node:buffer:1', 'runtime'],
  ['a native function', '', '', 'native'],
])('where a function stands never names a folder of this machine: %s', (_, url, at, origin) => {
  const nodes = [
    { id: 1, callFrame: call('(root)'), children: [2] },
    { id: 2, callFrame: call('f', url, 0), hitCount: 1 },
  ];
  const [found] = stacksOfV8({ nodes }, { root });
  expect(found?.frames).toEqual([{ name: 'f', at, origin }]);
});

test('native functions without a name are told by who calls them', () => {
  const nodes = [
    { id: 1, callFrame: call('(root)'), children: [2] },
    { id: 2, callFrame: call('utf8Write', 'node:internal/buffer', 986), children: [3] },
    { id: 3, callFrame: call(''), hitCount: 1 },
  ];
  expect([...stacksOfV8({ nodes }, { root })].map(shown)).toEqual([
    '1 utf8Write@node:internal/buffer:987 > (native, of utf8Write)',
  ]);
});

test('samples of Flight Recorder stand below their thread, from the outermost method', () => {
  const method = (type: string, name: string) => ({ method: { name, type: { name: type } }, lineNumber: 3 });
  const sample = (javaName: string, frames: ReturnType<typeof method>[]) => ({
    values: { sampledThread: { javaName }, stackTrace: { frames } },
  });
  const events = [
    sample('pool-3-thread-1', [method('standin/Store', 'put'), method('java/lang/Thread', 'run')]),
    sample('main', [method('kafka/Server$$Lambda$14+0x00007f', 'apply')]),
    { values: { sampledThread: null, stackTrace: null } },
  ];
  const stacks = [...stacksOfJava({ recording: { events } })];
  expect(stacks.map(shown)).toEqual([
    '1 pool-N-thread-N@thread > Thread.run@java.lang.Thread > Store.put@standin.Store',
    '1 main@thread > Server$$Lambda.apply@kafka.Server$$Lambda',
  ]);
  expect(stacks[0]?.frames.map(({ origin }) => origin)).toEqual(['runtime', 'runtime', 'own']);
});

test('lines of perf are thread, library and, where there is one, function', () => {
  const text = `
 C2 CompilerThre  5085/5093       7fa7dc536194 Node::remove(int) (/usr/lib/jvm/lib/server/libjvm.so)
      MainThread  4993/4993       7fd3bc0b0c05 [unknown] (/tmp/perf-4993.map)
   GC Thread#12   5085/5201   ffffffff81b6ccb0 _copy_to_iter ([kernel.kallsyms])
     MergeMutate  4993/5099       7fd19624286e [unknown] (/home/somebody/libchdb.so)
`;
  const stacks = [...stacksOfPerf(text)];
  expect(stacks.map((each) => `${each.pid}: ${shown(each)}`)).toEqual([
    '5085: 1 C2 CompilerThre@thread > libjvm.so@thread C2 CompilerThre > Node::remove(int)@libjvm.so',
    '4993: 1 MainThread@thread > compiled at run time@thread MainThread',
    '5085: 1 GC Thread#N@thread > kernel@thread GC Thread#N > _copy_to_iter@kernel',
    '4993: 1 MergeMutate@thread > libchdb.so@thread MergeMutate',
  ]);
  expect(shareOfCompiled(stacks)).toBe(0.25);
});
