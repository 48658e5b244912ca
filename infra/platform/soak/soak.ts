import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { askClickhouse } from '../ask-clickhouse.ts';
import { withEvents } from '../benchmark/events.ts';
import { idsOfSession, type StoredSession, storedOfSession } from '../proof/session.ts';
import { createProgress } from '../terminal/progress.ts';
import { killInTurn } from './kills.ts';
import { type Answers, visitors } from './visitors.ts';
import { type Sample, watch } from './watch.ts';

export interface Plan {
  /** Events a second of `generate`, and requests a second to `ingest` beside them. */
  rate: number;
  visits: number;
  /** Seconds of steady load, then of the same load while a process a minute is killed. */
  steady: number;
  kills: number;
}

/** A time under load; checks by what the verdict of their minute says. */
interface Stage {
  samples: Sample[];
  answers: Answers;
  checks: Record<string, number>;
}

/** The soak in plain values. */
export interface Results {
  plan: Plan;
  steady: Stage;
  /** Rows of ClickHouse that came while the load was steady. */
  steadyEvents: number;
  kills: Stage & { killed: string[] };
  accepted: number;
  /** Accepted events that are not in ClickHouse. */
  missing: number;
  stored: StoredSession;
  /** All that is in Kafka against both stores and every rollup. */
  lastCheck: Verdict;
}

const verdictSchema = z.object({
  checked_at: z.string(),
  status: z.string(),
  checked: z.object({ events: z.number() }),
  lost: z.number(),
  doubled: z.number(),
  drifted: z.number(),
});
type Verdict = z.output<typeof verdictSchema>;

/** Whether every accepted event is stored, what is stored is there once, and the stores agree. */
export function isExact({ missing, stored, lastCheck }: Results): boolean {
  const { mongodb, clickhouse, ids } = stored;
  return missing === 0 && mongodb === ids && clickhouse === ids && lastCheck.status !== 'differs';
}

const sampleEveryMs = 10_000;
const killEveryMs = 60_000;

/** Steady load, then load and kills, then the proof that what was accepted is stored and all stores agree. */
export async function soak(
  cluster: Cluster,
  settings: Settings,
  { plan, session, onLine }: { plan: Plan; session: string; onLine: (line: string) => void },
): Promise<Results> {
  async function stage<T>(
    title: string,
    seconds: number,
    work: () => Promise<T>,
  ): Promise<{ stage: Stage; outcome: T }> {
    const startedAt = Date.now();
    const progress = createProgress(title, { total: seconds });
    const timer = setInterval(() => progress.update((Date.now() - startedAt) / 1000), 1000);
    const watching = watch(settings, { everyMs: sampleEveryMs });
    const visiting = visitors(settings.gatewayUrl, { session, perSecond: plan.visits });
    const [outcome] = await Promise.all([work(), delay(seconds * 1000)]).finally(() => {
      clearInterval(timer);
      progress.finish();
    });
    const [answers] = await Promise.all([visiting.stop(), watching.stop()]);
    return {
      outcome,
      stage: { answers, samples: watching.samples, checks: await checksSince(settings, startedAt) },
    };
  }

  const played = await withEvents(settings, { rate: plan.rate }, async () => {
    const before = await rowsOf(settings);
    const steady = await stage('steady load', plan.steady, async () => {});
    const steadyEvents = (await rowsOf(settings)) - before;
    const kills = await stage('with kills', plan.kills, () =>
      killInTurn(settings, {
        seconds: plan.kills,
        everyMs: killEveryMs,
        onKill: (name) => onLine(`kill -9 ${name}`),
      }),
    );
    return { steady: steady.stage, steadyEvents, kills: { ...kills.stage, killed: kills.outcome } };
  });
  const stored = await storedOfSession(cluster, settings, session);
  const lastCheck = verdictSchema.parse(
    await askCheck(settings, { method: 'POST', body: JSON.stringify({ full: true }) }),
  );
  const accepted = [...played.steady.answers.ids, ...played.kills.answers.ids];
  const found = await idsOfSession(settings, session);
  const missing = accepted.filter((id) => !found.has(id)).length;
  return { plan, ...played, accepted: accepted.length, missing, stored, lastCheck };
}

async function rowsOf(settings: Settings): Promise<number> {
  return Number(
    await askClickhouse(settings, 'SELECT count() FROM events_distributed', { format: 'TabSeparated' }),
  );
}

/** How many of the checks that began since then said what. */
async function checksSince(settings: Settings, sinceMs: number): Promise<Record<string, number>> {
  const { verdicts } = z
    .object({ verdicts: z.array(verdictSchema) })
    .parse(await askCheck(settings, { path: '/verdicts?limit=1000' }));
  const counts: Record<string, number> = {};
  for (const { checked_at, status } of verdicts) {
    if (Date.parse(checked_at) >= sinceMs) counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

/** @throws PipelineError `CHECK` when it does not answer well within a minute of trying: something may just be down. */
async function askCheck(
  { gatewayUrl }: Settings,
  { path = '', ...init }: RequestInit & { path?: string },
): Promise<unknown> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const response = await fetch(`${gatewayUrl}/function/aggregation-check${path}`, init).catch(
      () => undefined,
    );
    if (response?.ok) return response.json();
    if (Date.now() > deadline) {
      throw new PipelineError(
        'CHECK',
        `aggregation-check answers ${response?.status ?? 'nothing'}: see \`make logs\``,
      );
    }
    await delay(1000);
  }
}
