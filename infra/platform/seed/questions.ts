/** One question of the benchmark: a statement as people write it, or an address of `query`. */
export interface BenchmarkQuestion {
  name: string;
  sql?: string;
  path?: string;
  /** Reads every row of a range: asked less often. */
  heavy?: boolean;
}

/** The first three word for word, then what `query` makes of them, then the rest of it over all that is there. */
export function benchmarkQuestions({ from }: { from: string }): BenchmarkQuestion[] {
  return [
    {
      name: '1 counts per type and hour, last 24 h',
      sql: 'SELECT event_type, toHour(timestamp) as hour, count() as event_count FROM events_distributed WHERE event_date >= today() - 1 GROUP BY event_type, hour ORDER BY event_count DESC',
    },
    {
      name: '2 exact distinct users a day, last 7 days',
      sql: 'SELECT event_date, uniqExact(user_id) as unique_users FROM events_distributed WHERE event_date >= today() - 7 GROUP BY event_date ORDER BY event_date',
    },
    {
      name: '3 top event types, last 24 h',
      sql: 'SELECT event_type, count() as total_events FROM events_distributed WHERE timestamp >= now() - INTERVAL 24 HOUR GROUP BY event_type ORDER BY total_events DESC LIMIT 10',
    },
    { name: 'query: 1', path: '/event-counts' },
    { name: 'query: 2', path: '/unique-users' },
    { name: 'query: 3', path: '/top-events' },
    { name: 'query: counts per day, all', path: `/event-counts?granularity=day&from=${from}` },
    { name: 'query: users of the whole range', path: `/unique-users?granularity=all&from=${from}` },
    {
      name: 'query: counts per country, 24 h',
      path: '/event-counts?granularity=all&by=country',
      heavy: true,
    },
    {
      name: 'query: counts per country, all',
      path: `/event-counts?granularity=all&by=country&from=${from}`,
      heavy: true,
    },
    { name: 'query: top users, 24 h', path: '/top-users', heavy: true },
    {
      name: 'query: funnel of three, 7 days',
      path: '/funnel?steps=product_view,add_to_cart,purchase',
      heavy: true,
    },
    { name: 'query: retention by day, 7 days', path: '/retention', heavy: true },
    { name: 'query: sessions per day, 7 days', path: '/sessions', heavy: true },
    { name: 'query: revenue per day, all', path: `/revenue?from=${from}`, heavy: true },
  ];
}
