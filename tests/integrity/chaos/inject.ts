import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../../shared/config/index.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { processesOf } from './processes.ts';
import type { Fault, Role, ScheduledFault } from './schedule.ts';
import { strike } from './strike.ts';

/** What became of one scheduled fault. */
export interface Injected {
  number: number;
  fault: Fault;
  /** Whether the role had work in flight at that moment. */
  inFlight: boolean;
  /** False when there was nothing to hit within the time: told in the report, never counted. */
  happened: boolean;
}

const WAIT_FOR_TARGET_MS = 120_000;
/** Most faults come while what they hit is at work; it may have to recover from the one before. */
const WAIT_FOR_WORK_MS = 45_000;

/** Hits one role as the fault says; waits first until it is up and, for a while, until it has work in flight. */
export async function inject(
  { number, fault }: ScheduledFault,
  { settings, proxy, random }: { settings: Settings; proxy: FaultProxy; random: () => number },
): Promise<Injected> {
  if (fault.kind === 'drop-answer' || fault.kind === 'lie' || fault.kind === 'delay') {
    const happened = await Promise.race([
      proxy.arm(fault).then(() => true),
      delay(WAIT_FOR_TARGET_MS, false, { ref: false }),
    ]);
    return { number, fault, inFlight: happened, happened };
  }
  const deadline = Date.now() + WAIT_FOR_TARGET_MS;
  const workWithin = async (ms: number) =>
    (await poll(ms, () => hasWork(fault.role, proxy) || undefined)) ?? false;
  while (Date.now() < deadline) {
    if ((await processesOf(settings, fault.role)).length === 0) {
      await delay(50);
      continue;
    }
    await workWithin(WAIT_FOR_WORK_MS);
    // Asked again: it may be another process by now, and even this one may have ended a moment ago.
    const pids = await processesOf(settings, fault.role);
    const pid = pids[Math.floor(random() * pids.length)];
    const inFlight = await workWithin(1000);
    if (pid !== undefined && (await strike(pid, fault))) return { number, fault, inFlight, happened: true };
  }
  return { number, fault, inFlight: false, happened: false };
}

/** Every role works whenever calls are under way; a store and the keeper of claims do when their function is called. */
function hasWork(role: Role, proxy: FaultProxy): boolean {
  const called =
    { clickhouse: 'clickhouse-write', mongodb: 'mongo-write', claims: 'transform' }[role as string] ?? role;
  if (called === 'connector' || called === 'gateway' || called === 'kafka') {
    return ['transform', 'mongo-write', 'clickhouse-write'].some((name) => proxy.inFlight(name) > 0);
  }
  return proxy.inFlight(called) > 0;
}

async function poll<T>(limitMs: number, ask: () => T | undefined): Promise<T | undefined> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = ask();
    if (found !== undefined || Date.now() > deadline) return found;
    await delay(3);
  }
}
