import { createMongo, type Mongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { askClickhouse } from '../ask-clickhouse.ts';

/** A question that everyone asks first, as it is typed. */
interface Question {
  title: string;
  text: string;
  ask(settings: Settings, mongo: Mongo): Promise<Record<string, unknown>[]>;
}

export interface Answer {
  title: string;
  text: string;
  ms: number;
  rows: Record<string, unknown>[];
}

const sql = (title: string, text: string): Question => ({
  title,
  text,
  ask: async (settings) => {
    const answer = await askClickhouse(settings, text, { format: 'JSONEachRow' });
    return answer
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  },
});

const questions: readonly Question[] = [
  sql(
    'events per type and hour, last 24 h',
    'SELECT event_type, toHour(timestamp) as hour, count() as event_count FROM events_distributed WHERE event_date >= today() - 1 GROUP BY event_type, hour ORDER BY event_count DESC;',
  ),
  sql(
    'distinct users a day, last 7 days, exact',
    'SELECT event_date, uniqExact(user_id) as unique_users FROM events_distributed WHERE event_date >= today() - 7 GROUP BY event_date ORDER BY event_date;',
  ),
  sql(
    'top event types, last 24 h',
    'SELECT event_type, count() as total_events FROM events_distributed WHERE timestamp >= now() - INTERVAL 24 HOUR GROUP BY event_type ORDER BY total_events DESC LIMIT 10;',
  ),
  {
    title: 'the last events of a user',
    text: 'db.raw_events.find({user_id: 12345}).sort({timestamp: -1}).limit(100);',
    ask: (_, mongo) => mongo.events().find({ user_id: 12345 }).sort({ timestamp: -1 }).limit(100).toArray(),
  },
  {
    title: 'events of a type in a time range',
    text: 'db.raw_events.find({event_type: "purchase", timestamp: {$gte: new Date("2024-01-01"), $lt: new Date("2024-01-02")}});',
    ask: (_, mongo) =>
      mongo
        .events()
        .find({
          event_type: 'purchase',
          timestamp: { $gte: new Date('2024-01-01'), $lt: new Date('2024-01-02') },
        })
        .toArray(),
  },
];

/** Asks all five of both stores, one after the other. */
export async function askQuestions(settings: Settings): Promise<Answer[]> {
  const mongo = createMongo(settings);
  try {
    // Connecting is no part of the answer.
    await mongo.db.command({ ping: 1 });
    const answers: Answer[] = [];
    for (const { title, text, ask } of questions) {
      const startedAt = performance.now();
      const rows = await ask(settings, mongo);
      answers.push({ title, text, ms: performance.now() - startedAt, rows });
    }
    return answers;
  } finally {
    await mongo.close();
  }
}
