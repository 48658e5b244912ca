import { createLook, type Finding, type Findings, type LookOptions } from './look.ts';
import { createRepair, type RepairOptions } from './repair/repair.ts';
import { homeOf } from './stores/clickhouse.ts';
import { readExcused, readTotals } from './totals.ts';
import type { Difference, Verdict } from './verdict.ts';

export type CheckOptions = Omit<LookOptions, 'now' | 'mongoBudget'> &
  Omit<RepairOptions, 'look'> & { now?: () => number; mongoBudget?: number };

export interface Check {
  /**
   * @param options.repair mends what was found, and looks again.
   * @returns the verdict; after a repair also the one before it, newest first.
   * @throws HttpError 503 when there is no topic to check, 409 when another repair is under way; the stores' and
   * Kafka's own errors.
   */
  run(options: { full?: boolean; waitMs?: number; repair?: boolean }): Promise<Verdict>;
}

/** Events that are named per verdict. */
const mostNamed = 100;

/** Looks, mends if told to, and puts what was found into words. */
export function createCheck(options: CheckOptions): Check {
  const { events, now = Date.now, mongoBudget = 1_000_000 } = options;
  const look = createLook({ ...options, now, mongoBudget });
  const mend = createRepair({ ...options, look });

  return {
    async run({ full = false, waitMs = 20_000, repair = false }) {
      const startedAt = now();
      const found = await look({ full, waitMs });
      if (!repair) return verdictOf(found, { full, startedAt });
      const before = await verdictOf(found, { full, startedAt });
      const { repaired, after } = await mend(found, { full, waitMs });
      return {
        ...(after === found ? before : await verdictOf(after, { full, startedAt })),
        repair: { ...repaired, before: countsOf(before) },
      };
    },
  };

  async function verdictOf(
    { servers, scope, acknowledged, stores, onItsWay, rollups, mongoCounted }: Findings,
    { full, startedAt }: { full: boolean; startedAt: number },
  ): Promise<Verdict> {
    const totals = await readTotals(servers, events, scope);
    const counts = {
      lost: sum(stores, ({ lost, named, mismatch }) =>
        named ? lost.length : Math.max(0, mismatch.expected - mismatch.found),
      ),
      doubled: sum(stores, ({ doubled, named, mismatch }) =>
        // Equal counts of other offsets: at least one is lost and another doubled.
        named ? doubled.length : Math.max(0, mismatch.found - mismatch.expected),
      ),
      unexpected: sum(stores, ({ unexpected }) => unexpected.length),
      drifted: rollups.drifts.length,
    };
    const wrong = stores.length + rollups.drifts.length > 0;
    const nothing = totals.kafka === 0 && acknowledged.waiting.length > 0;
    const status = wrong ? 'differs' : nothing ? 'pending' : 'ok';
    return {
      ok: status === 'pending' ? null : status === 'ok',
      status,
      checked_at: new Date(startedAt).toISOString(),
      scope: full ? 'full' : 'recent',
      checked: {
        events: totals.kafka,
        minutes: totals.minutes,
        offsets: Object.fromEntries(scope.ends.entries()),
        mongodb_events: mongoCounted,
      },
      totals: {
        kafka: totals.kafka,
        clickhouse: totals.clickhouse,
        mongodb: totals.mongodb,
        events_per_minute: totals.eventsPerMinute,
      },
      ...counts,
      excused: await readExcused(homeOf(servers), scope),
      differences: differencesOf(stores),
      drifts: rollups.drifts.slice(0, mostNamed),
      pending: { waiting: acknowledged.waiting, redriven: onItsWay, changing: rollups.changing },
      duration_ms: now() - startedAt,
    };
  }
}

function countsOf({ lost, doubled, unexpected, drifted }: Verdict) {
  return { lost, doubled, unexpected, drifted };
}

function differencesOf(findings: readonly Finding[]): Difference[] {
  let left = mostNamed;
  const some = <T>(all: readonly T[]): T[] => {
    const given = all.slice(0, Math.max(0, left));
    left -= given.length;
    return given;
  };
  return findings.map(({ store, mismatch, lost, doubled, unexpected }) => ({
    store,
    minute: new Date(mismatch.minute).toISOString(),
    partition: mismatch.partition,
    expected: mismatch.expected,
    found: mismatch.found,
    lost: some(lost),
    doubled: some(doubled),
    unexpected: some(unexpected),
  }));
}

function sum<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((total, each) => total + of(each), 0);
}
