import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { bounds, readLog } from '../../../shared/clients/kafka-protocol/read-log.ts';
import { recordValue } from '../../../shared/clients/kafka-protocol/records.ts';
import type { Settings } from '../../../shared/config/index.ts';

type Row = Record<string, unknown>;

/** A question as it was put to `query`, and whether its answer is what `events_clean` says. */
export interface Answered {
  path: string;
  rows: number;
  exact: boolean;
}

const dayMs = 86_400_000;
/** Always among the generated users. */
const user = 12_345;
const page = 1000;

/** Puts the five questions and the distinct users to `query`, and counts each anew from every record of `events_clean`. */
export async function askQuestions(cluster: Cluster, settings: Settings): Promise<Answered[]> {
  const truth = await countLog(cluster, settings);
  const range = { from: String(truth.fromMs), to: String(truth.toMs) };
  const purchases = { from: String(truth.lastDayMs), to: String(truth.toMs) };
  const byCount = [...truth.types].map(([event_type, total_events]) => ({ event_type, total_events }));
  const questions: {
    path: string;
    parameters: Record<string, string>;
    columns: string[];
    expected: Row[];
  }[] = [
    {
      path: '/event-counts',
      parameters: { ...range, granularity: 'hour-of-day', by: 'event_type' },
      columns: ['event_type', 'hour', 'event_count'],
      expected: [...truth.hours].map(([key, event_count]) => {
        const [event_type, hour] = key.split(' ');
        return { event_type, hour: Number(hour), event_count };
      }),
    },
    {
      path: '/unique-users',
      parameters: { ...range, granularity: 'day' },
      columns: ['event_date', 'unique_users'],
      expected: [...truth.days].map(([event_date, users]) => ({ event_date, unique_users: users.size })),
    },
    {
      path: '/top-events',
      parameters: { ...range, limit: '1000' },
      columns: ['event_type', 'total_events'],
      expected: byCount,
    },
    {
      path: `/users/${user}/events`,
      parameters: { ...range, limit: String(page) },
      columns: ['timestamp'],
      expected: times(truth.ofUser.sort().reverse()),
    },
    {
      path: '/events',
      parameters: { ...purchases, type: 'purchase', limit: String(page) },
      columns: ['timestamp'],
      expected: times(truth.purchases.sort()),
    },
  ];
  const answers: Answered[] = [];
  for (const { path, parameters, columns, expected } of questions) {
    const answer = await fetch(
      `${settings.gatewayUrl}/function/query${path}?${new URLSearchParams(parameters)}`,
    );
    if (!answer.ok) throw new Error(`query ${path} answered ${answer.status}: ${await answer.text()}`);
    const { rows } = (await answer.json()) as { rows: Row[] };
    const found = rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
    answers.push({ path, rows: rows.length, exact: isDeepStrictEqual(sorted(found), sorted(expected)) });
  }
  return answers;
}

/** Read on its own, not by the functions' decoder: what proves must not share what is proved. */
async function countLog(cluster: Cluster, settings: Settings) {
  const types = new Map<string, number>();
  const hours = new Map<string, number>();
  const days = new Map<string, Set<number>>();
  const ofUser: string[] = [];
  let purchases: string[] = [];
  let [first, last] = ['9999', '0000'];
  const { start, end } = await bounds(cluster, settings.cleanTopic);
  await readLog(cluster, {
    topic: settings.cleanTopic,
    from: start,
    to: end,
    onRecord(_, record) {
      const { event_type: type, timestamp: time, user_id } = JSON.parse(String(recordValue(record)));
      const day = time.slice(0, 10);
      const key = `${type} ${time.slice(11, 13)}`;
      types.set(type, (types.get(type) ?? 0) + 1);
      hours.set(key, (hours.get(key) ?? 0) + 1);
      const users = days.get(day) ?? new Set();
      days.set(day, users.add(user_id));
      if (user_id === user) ofUser.push(time);
      if (type === 'purchase') purchases.push(time);
      if (time < first) first = time;
      if (time > last) last = time;
    },
  });
  const lastDay = last.slice(0, 10);
  purchases = purchases.filter((time) => time.startsWith(lastDay));
  const dayOf = (time: string) => Date.parse(`${time.slice(0, 10)}T00:00:00Z`);
  return {
    types,
    hours,
    days,
    ofUser,
    purchases,
    fromMs: dayOf(first),
    lastDayMs: dayOf(last),
    toMs: dayOf(last) + dayMs,
  };
}

/** The first page, each time as `query` writes it. */
const times = (all: string[]): Row[] =>
  all.slice(0, page).map((time) => ({ timestamp: new Date(`${time.replace(' ', 'T')}Z`).toISOString() }));

const sorted = (rows: Row[]) => rows.map((row) => JSON.stringify(row)).sort();
