import { createRandom, shuffled } from './random.ts';

/** What can be hit. `transform`, `mongo-write`, `clickhouse-write`: one replica; `kafka`: one broker of those there are. */
export const roles = [
  'connector',
  'gateway',
  'claims',
  'transform',
  'mongo-write',
  'clickhouse-write',
  'clickhouse',
  'mongodb',
  'kafka',
] as const;
export type Role = (typeof roles)[number];

/** The functions whose calls pass the proxy between connector and gateway. */
export const sinks = ['transform', 'mongo-write', 'clickhouse-write'] as const;
export type Called = (typeof sinks)[number];

export type Fault =
  /** SIGKILL; whoever supervises the process starts it again. */
  | { kind: 'kill'; role: Role }
  /** SIGTERM: an orderly restart. */
  | { kind: 'restart'; role: Role }
  /** SIGSTOP, and SIGCONT after `ms`, also beyond the session time-out. */
  | { kind: 'freeze'; role: Role; ms: number }
  /** The function did its work; its answer never arrives. */
  | { kind: 'drop-answer'; role: Called }
  /** The function did its work; the answer says 500. */
  | { kind: 'lie'; role: Called }
  /** The answer arrives late. */
  | { kind: 'delay'; role: Called; ms: number };

const needsCall: ReadonlySet<string> = new Set(['drop-answer', 'lie', 'delay']);

export interface ScheduledFault {
  number: number;
  /** Pause before it, after the fault before was injected. */
  afterMs: number;
  fault: Fault;
}

export const kinds = ['kill', 'restart', 'freeze', 'drop-answer', 'lie', 'delay'] as const;
export type Kind = (typeof kinds)[number];

/**
 * A schedule of faults that depends on nothing but its seed. Roles take turns in shuffled rounds, and so do the kinds
 * of each role, so that a long schedule has every role hit in every way about equally often.
 */
export function createSchedule({
  seed,
  faults,
  roles: wantedRoles = roles,
  kinds: wantedKinds = kinds,
}: {
  seed: number;
  faults: number;
  roles?: readonly Role[];
  kinds?: readonly Kind[];
}): ScheduledFault[] {
  const random = createRandom(seed);
  const schedule: ScheduledFault[] = [];
  let round: Role[] = [];
  const bags = new Map<Role, Kind[]>();
  for (let number = 1; number <= faults; number++) {
    if (round.length === 0) round = shuffled(wantedRoles, random);
    const role = round.pop() as Role;
    const called = sinks.find((name) => name === role);
    const possible = wantedKinds.filter((each) => called || !needsCall.has(each));
    if (possible.length === 0) throw new Error(`no wanted kind of fault fits ${role}`);
    const bag = bags.get(role) ?? [];
    bags.set(role, bag);
    if (bag.length === 0) bag.push(...shuffled(possible, random));
    const kind = bag.pop() as Kind;
    // Now and then longer than the session time-out (10 s), so that a frozen connector loses its partitions.
    const freezeMs = Math.round(random() < 0.1 ? 11_000 + random() * 3000 : 100 + random() * 2500);
    const fault: Fault =
      kind === 'freeze'
        ? { kind, role, ms: freezeMs }
        : kind === 'delay'
          ? { kind, role: called as Called, ms: Math.round(50 + random() * 3000) }
          : kind === 'drop-answer' || kind === 'lie'
            ? { kind, role: called as Called }
            : { kind, role };
    schedule.push({ number, afterMs: Math.round(200 + random() * 1800), fault });
  }
  return schedule;
}
