import type { Profiler } from 'node:inspector';
import { pathToFileURL } from 'node:url';
import type { Frame, Origin, Stack } from './tree.ts';

/**
 * The stacks of a CPU profile of V8. A sample in which the thread waited, `(idle)`, is none; garbage collection and what ran
 * outside JavaScript, `(program)`, are kept under those names.
 *
 * @param root the checkout; places are told from there.
 */
export function* stacksOfV8(
  { nodes }: Pick<Profiler.Profile, 'nodes'>,
  { root }: { root: string },
): Iterable<Stack> {
  const base = `${pathToFileURL(root)}/`;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const called = new Set(nodes.flatMap(({ children = [] }) => children));
  // Always one, `(root)`, which says nothing.
  const waiting = nodes
    .filter(({ id }) => !called.has(id))
    .flatMap(({ children = [] }) => children.map((id) => ({ id, callers: [] as Frame[] })));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = byId.get(next.id);
    if (node === undefined || node.callFrame.functionName === '(idle)') continue;
    const frames = [...next.callers, frameOf(node.callFrame, { base, caller: next.callers.at(-1) })];
    waiting.push(...(node.children ?? []).map((id) => ({ id, callers: frames })));
    if (node.hitCount) yield { frames, samples: node.hitCount };
  }
}

type CallFrame = Profiler.ProfileNode['callFrame'];

function frameOf(
  { functionName, url, lineNumber }: CallFrame,
  { base, caller }: { base: string; caller: Frame | undefined },
): Frame {
  const file = fileOf(url, base);
  // Native functions without a name or a place would else all be one.
  const nameless = file === '' && caller ? `(native, of ${caller.name})` : '(anonymous)';
  return {
    name: functionName || nameless,
    at: file && `${file}:${lineNumber + 1}`,
    origin: originOf(file),
  };
}

/** Never a path of this machine: a file elsewhere is told by its package or its name. */
function fileOf(url: string, base: string): string {
  if (url.startsWith(base)) return decodeURIComponent(url.slice(base.length));
  if (!/^(file:)?\//.test(url)) return url;
  const packages = url.lastIndexOf('node_modules/');
  return url.slice(packages >= 0 ? packages : url.lastIndexOf('/') + 1);
}

function originOf(file: string): Origin {
  if (file === '') return 'native';
  if (file.startsWith('node:')) return 'runtime';
  return file.includes('node_modules/') ? 'package' : 'own';
}
