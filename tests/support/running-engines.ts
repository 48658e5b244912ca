import type { PartProcess } from '../../infra/platform/process.ts';

type Running = { processes: PartProcess[]; dataDir?: string };

const key = Symbol.for('event-pipeline.test-engines');
const globals = globalThis as { [key]?: Running };
globals[key] ??= { processes: [] };

/** What start-engines.ts started and stop-engines.ts stops; the two may be loaded apart, hence the global. */
export const running: Running = globals[key];
