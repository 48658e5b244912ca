import { PipelineError, SettingsError } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';
import type { Part } from '../part.ts';
import { logFileOf, type Paths } from '../paths.ts';
import { createPidFiles } from './pid-file.ts';
import {
  createSupervisedPart,
  defaultWatch,
  type PartStatus,
  type SupervisedPart,
  type Watch,
} from './supervised-part.ts';

export interface Supervisor {
  /** Starts every part as soon as those it comes after are ready; returns at once. */
  start(): void;
  /** Adds and starts a part while running; false when one of this name is running already. */
  add(part: Part): boolean;
  /** Stops one part that was added. */
  remove(name: string): Promise<void>;
  /** Stops one part, which stays stopped until it is resumed. @throws PipelineError `NO_PART` when there is none. */
  halt(name: string): Promise<void>;
  /** Starts a part that was halted; one that runs is left alone. @throws PipelineError `NO_PART` when there is none. */
  resume(name: string): void;
  /** Every part in the order of the list, added ones last. */
  parts(): { part: Part; status: PartStatus }[];
  /** Stops all, each before those that it came after. */
  stop(): Promise<void>;
}

/** Keeps a list of parts running. */
export function createSupervisor({
  parts,
  paths,
  log,
  watch = defaultWatch,
}: {
  parts: readonly Part[];
  paths: Paths;
  log: Logger;
  watch?: Watch;
}): Supervisor {
  checkOrder(parts);
  const pidFiles = createPidFiles({ folder: paths.run });
  const supervise = (part: Part) =>
    createSupervisedPart({ part, logFile: logFileOf(paths, part.name), pidFiles, log, watch });
  const supervised = new Map<string, SupervisedPart>(parts.map((part) => [part.name, supervise(part)]));
  let stopping = false;

  function named(name: string): SupervisedPart {
    const one = supervised.get(name);
    if (one) return one;
    throw new PipelineError('NO_PART', `no part ${name}: there are ${[...supervised.keys()].join(', ')}`);
  }

  async function startOne(one: SupervisedPart): Promise<void> {
    // What an earlier supervisor left running waits for nobody: it is running.
    if (!pidFiles.living(one.part.name)) {
      await Promise.all(one.part.after.map((name) => supervised.get(name)?.ready));
    }
    if (!stopping) await one.run();
  }

  async function stopOne(one: SupervisedPart, stopped: Map<string, Promise<void>>): Promise<void> {
    const dependents = [...supervised.values()].filter((other) => other.part.after.includes(one.part.name));
    await Promise.all(dependents.map((other) => stopOnce(other, stopped)));
    await one.stop();
  }

  function stopOnce(one: SupervisedPart, stopped: Map<string, Promise<void>>): Promise<void> {
    const already = stopped.get(one.part.name);
    if (already) return already;
    const promise = stopOne(one, stopped);
    stopped.set(one.part.name, promise);
    return promise;
  }

  return {
    start() {
      for (const one of supervised.values()) void startOne(one);
    },
    add(part) {
      const existing = supervised.get(part.name);
      if (stopping || (existing && !['done', 'stopped'].includes(existing.status().state))) return false;
      checkOrder([
        ...[...supervised.values()].map((one) => one.part).filter((p) => p.name !== part.name),
        part,
      ]);
      const one = supervise(part);
      supervised.set(part.name, one);
      void startOne(one);
      return true;
    },
    async remove(name) {
      await supervised.get(name)?.stop();
      supervised.delete(name);
    },
    halt: (name) => named(name).stop(),
    resume(name) {
      const halted = named(name);
      if (stopping || halted.status().state !== 'stopped') return;
      const one = supervise(halted.part);
      supervised.set(name, one);
      void startOne(one);
    },
    parts: () => [...supervised.values()].map((one) => ({ part: one.part, status: one.status() })),
    async stop() {
      stopping = true;
      const stopped = new Map<string, Promise<void>>();
      await Promise.all([...supervised.values()].map((one) => stopOnce(one, stopped)));
    },
  };
}

/** @throws SettingsError when a part comes after one that is not before it in the list. */
function checkOrder(parts: readonly Part[]): void {
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const part of parts) {
    for (const name of part.after) {
      if (!seen.has(name)) problems.push(`part ${part.name} comes after ${name}, which is not before it`);
    }
    seen.add(part.name);
  }
  if (problems.length > 0) throw new SettingsError(problems);
}
