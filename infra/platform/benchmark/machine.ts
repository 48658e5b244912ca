import { cpus, totalmem } from 'node:os';
import { bytes } from '../terminal/table.ts';

export interface Machine {
  processors: number;
  model: string;
  memoryBytes: number;
  node: string;
}

/** The machine that this runs on. */
export function thisMachine(): Machine {
  return {
    processors: cpus().length,
    model: cpus()[0]?.model.trim() ?? 'unknown processor',
    memoryBytes: totalmem(),
    node: process.version,
  };
}

/** In one line, for a page. */
export function describeMachine({ processors, model, memoryBytes, node }: Machine): string {
  return `${processors} × ${model}, ${bytes(memoryBytes)} of memory, Node ${node}, everything on this machine`;
}
