import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ChaosResult } from './chaos.ts';

/** How one kind of fault went with one role. */
export interface FaultCount {
  role: string;
  kind: string;
  happened: number;
  /** Of those: while that role had work in flight. */
  withWork: number;
}

/** One run, as the report is made from it: a long run may be done in parts, each with a seed of its own. */
export interface Part {
  seed: number;
  brokers: number;
  at: string;
  seconds: number;
  scheduled: number;
  faults: FaultCount[];
  /** As the generator counts them; `events_raw` must hold exactly these. */
  sent: number;
  events: number;
  clean: number;
  rejected: number;
  inMongodb: number;
  inClickhouse: number;
  lost: number;
  doubled: number;
}

export function partOf(
  { injected, proof, seconds, sent }: ChaosResult,
  { seed, brokers, at }: { seed: number; brokers: number; at: Date },
): Part {
  const faults = new Map<string, FaultCount>();
  for (const { fault, happened, inFlight } of injected) {
    if (!happened) continue;
    const key = `${fault.role} ${fault.kind}`;
    const count = faults.get(key) ?? { role: fault.role, kind: fault.kind, happened: 0, withWork: 0 };
    count.happened++;
    if (inFlight) count.withWork++;
    faults.set(key, count);
  }
  return {
    seed,
    brokers,
    at: at.toISOString(),
    seconds,
    scheduled: injected.length,
    faults: [...faults.values()],
    sent,
    events: proof.raw,
    clean: proof.clean,
    rejected: proof.rejected,
    inMongodb: proof.mongodb.found,
    inClickhouse: proof.clickhouse.found,
    lost: proof.lost + Math.max(0, sent - proof.raw),
    doubled: proof.doubled + Math.max(0, proof.raw - sent),
  };
}

/** Adds a part to the file, which is made when there is none; answers all parts. */
export function addPart(file: string, part: Part): Part[] {
  const parts = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Part[]) : [];
  parts.push(part);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(parts, null, 1)}\n`);
  renameSync(`${file}.new`, file);
  return parts;
}
