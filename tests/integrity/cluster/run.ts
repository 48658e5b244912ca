import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Machine } from '../../../infra/platform/benchmark/machine.ts';
import type { Answered } from './questions.ts';
import type { Episode, Result } from './stand.ts';

export const parts = ['brokers', 'shards', 'partitions', 'mongo'] as const;
export type PartName = (typeof parts)[number];

/** One part of the page: what was done to one platform, and what was counted then. */
export interface Run {
  part: PartName;
  at: string;
  machine: Machine;
  seed: number;
  /** Events a second that the generator was asked for, and how many it wrote in all. */
  rate: number;
  generated: number;
  accepted: number;
  unanswered: number;
  /** What failed requests said, some of them. */
  reasons: string[];
  /** In all, and under load. */
  seconds: number;
  loadSeconds: number;
  episodes: Episode[];
  /** Records of `events_raw`, and what became of them. */
  raw: number;
  clean: number;
  rejected: number;
  inMongodb: number;
  inClickhouse: number;
  lost: number;
  doubled: number;
  /** Of `query`, where they were put. */
  answers: Answered[];
}

/** A part that cannot be run on this machine. */
export interface Skipped {
  part: PartName;
  at: string;
  /** Why. */
  skipped: string;
}

export function runOf(
  { proof, missing, ...result }: Result,
  given: Pick<Run, 'part' | 'at' | 'machine' | 'seed' | 'rate' | 'answers'>,
): Run {
  const { raw, clean, rejected, mongodb, clickhouse } = proof;
  const sure = result.generated + result.accepted;
  return {
    ...given,
    ...result,
    raw,
    clean,
    rejected,
    inMongodb: mongodb.found,
    inClickhouse: clickhouse.found,
    lost: proof.lost + missing + Math.max(0, sure - raw),
    doubled: proof.doubled + Math.max(0, raw - sure - result.unanswered),
  };
}

/** Whether nothing is lost, nothing doubled, and every answer exact. */
export function isExact({ lost, doubled, answers }: Run): boolean {
  return lost === 0 && doubled === 0 && answers.every(({ exact }) => exact);
}

/**
 * Puts a run in the place of the last one of its part in the file, which is made when there is none; answers all. One that
 * was skipped does not take the place of one that was run.
 */
export function keepRun(file: string, run: Run | Skipped): (Run | Skipped)[] {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as (Run | Skipped)[]) : [];
  const runs = parts.flatMap((part) => {
    const kept = before.filter((each) => each.part === part);
    const stays = part !== run.part || ('skipped' in run && kept.some((each) => !('skipped' in each)));
    return stays ? kept : [run];
  });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(runs, null, 1)}\n`);
  renameSync(`${file}.new`, file);
  return runs;
}
