/** Whose code a frame is: this project's, a package's, that of Node or the JDK, or machine code without a source. */
export type Origin = 'own' | 'package' | 'runtime' | 'native';

/** One function on a stack. Frames of the same name and place are the same. */
export interface Frame {
  name: string;
  /** File and line, class and line, thread or library; empty where nothing is known. */
  at: string;
  origin: Origin;
}

/** How often a stack was seen. */
export interface Stack {
  /** From the outermost. */
  frames: readonly Frame[];
  samples: number;
}

/** A function below those that called it. */
export interface Branch extends Frame {
  /** Samples in the function itself, and with all it called. */
  self: number;
  total: number;
  callees: Branch[];
}

/** Folds stacks into one tree: what is called the same way counts together. The dearest callee comes first. */
export function foldStacks(stacks: Iterable<Stack>): Branch {
  const root: Branch = { name: 'all', at: '', origin: 'runtime', self: 0, total: 0, callees: [] };
  const children = new Map<Branch, Map<string, Branch>>();
  for (const { frames, samples } of stacks) {
    let branch = root;
    branch.total += samples;
    for (const frame of frames) {
      const known = children.get(branch) ?? new Map<string, Branch>();
      children.set(branch, known);
      const key = keyOf(frame);
      const callee = known.get(key) ?? { ...frame, self: 0, total: 0, callees: [] };
      known.set(key, callee);
      callee.total += samples;
      branch = callee;
    }
    branch.self += samples;
  }
  for (const [branch, known] of children) {
    branch.callees = [...known.values()].sort((a, b) => b.total - a.total);
  }
  return root;
}

/** Every function once, whoever called it, with the samples in itself; the dearest first. */
export function selfTimes(root: Branch): (Frame & { self: number })[] {
  const found = new Map<string, Frame & { self: number }>();
  const waiting = [root];
  for (let branch = waiting.pop(); branch !== undefined; branch = waiting.pop()) {
    waiting.push(...branch.callees);
    if (branch.self === 0) continue;
    const { name, at, origin } = branch;
    const entry = found.get(keyOf(branch)) ?? { name, at, origin, self: 0 };
    found.set(keyOf(branch), entry);
    entry.self += branch.self;
  }
  return [...found.values()].sort((a, b) => b.self - a.self);
}

const keyOf = ({ name, at }: Frame): string => `${name}\n${at}`;
