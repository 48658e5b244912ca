import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../shared/clients/clickhouse/index.ts';
import { dateTimeText } from '../../shared/events/time.ts';
import type { Verdict } from './verdict.ts';

/** Keeps a verdict. */
export async function writeVerdict(client: ClickHouseClient, verdict: Verdict): Promise<void> {
  await client.insert({
    table: 'check_verdicts',
    format: 'JSONEachRow',
    values: [
      {
        checked_at: dateTimeText(Date.parse(verdict.checked_at)),
        scope: verdict.scope,
        status: verdict.status,
        events: verdict.checked.events,
        minutes: verdict.checked.minutes,
        lost: verdict.lost,
        doubled: verdict.doubled,
        drifted: verdict.drifted,
        duration_ms: verdict.duration_ms,
        verdict: JSON.stringify(verdict),
      },
    ],
  });
}

export interface History {
  limit: number;
  /** Only verdicts of this status. */
  status?: Verdict['status'] | undefined;
  /** Only verdicts of checks that began before; milliseconds since 1970. */
  beforeMs?: number | undefined;
}

/** The newest verdicts first. */
export async function readVerdicts(
  client: ClickHouseClient,
  { limit, status, beforeMs }: History,
): Promise<Verdict[]> {
  const found = await rows<{ verdict: string }>(
    client,
    `SELECT verdict FROM check_verdicts
WHERE ({status:String} = '' OR status = {status:String}) AND checked_at < {before:DateTime64(3, 'UTC')}
ORDER BY checked_at DESC LIMIT {limit:UInt32}`,
    { params: { limit, status: status ?? '', before: dateTimeText(beforeMs ?? Date.UTC(2100, 0, 1)) } },
  );
  return found.map(({ verdict }) => JSON.parse(verdict));
}
