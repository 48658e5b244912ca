import { type Dashboard, quantile } from '../dashboard.ts';

export const stores: Dashboard = {
  uid: 'stores',
  title: 'Stores',
  description:
    'MongoDB and ClickHouse as their writers see them, the embedded ClickHouse from inside, and the checks.',
  panels: [
    {
      title: 'Rows acknowledged',
      unit: 'eps',
      queries: [{ expr: 'store:store_rows:rate1m', legend: '{{store}}' }],
    },
    {
      title: 'Time of a write',
      unit: 's',
      queries: [
        { expr: quantile(0.5, 'store_write_duration_seconds', 'store'), legend: '{{store}} p50' },
        { expr: quantile(0.95, 'store_write_duration_seconds', 'store'), legend: '{{store}} p95' },
      ],
    },
    {
      title: 'Errors by reason',
      unit: 'cps',
      queries: [
        {
          expr: 'sum by (store, reason) (rate(store_errors_total[5m]))',
          legend: '{{store}} {{reason}}',
          quiet: true,
        },
      ],
    },
    {
      title: 'Verdict of the checks',
      description: '1: both sides hold the same.',
      kind: 'states',
      unit: 'none',
      red: { below: 1 },
      queries: [{ expr: 'min by (comparison) (check_verdict)', legend: '{{comparison}}' }],
    },
    {
      title: 'Faults found by the newest check',
      unit: 'short',
      queries: [{ expr: 'max by (kind) (check_faults)', legend: '{{kind}}' }],
    },
    {
      title: 'Offsets not counted yet',
      unit: 'short',
      queries: [{ expr: 'max by (sink) (check_pending_offsets)', legend: '{{sink}}' }],
    },
    {
      title: 'ClickHouse: queries by kind',
      unit: 'reqps',
      queries: [{ expr: 'sum by (kind) (rate(clickhouse_queries_total[1m]))', legend: '{{kind}}' }],
    },
    {
      title: 'ClickHouse: time of a query, p95',
      unit: 's',
      queries: [{ expr: quantile(0.95, 'clickhouse_query_duration_seconds', 'kind'), legend: '{{kind}}' }],
    },
    {
      title: 'ClickHouse: exceptions',
      unit: 'cps',
      queries: [
        {
          expr: 'sum by (exception) (rate(clickhouse_queries_total{exception!="none"}[5m]))',
          legend: '{{exception}}',
          quiet: true,
        },
      ],
    },
    {
      title: 'ClickHouse: rows inserted, views included',
      unit: 'eps',
      queries: [{ expr: 'rate(clickhouse_inserted_rows_total[1m])', legend: 'rows' }],
    },
    {
      title: 'ClickHouse: parts and merges',
      unit: 'short',
      queries: [
        { expr: 'clickhouse_parts', legend: 'active parts' },
        { expr: 'clickhouse_merges', legend: 'merges' },
      ],
    },
    {
      title: 'ClickHouse: memory of the engine',
      unit: 'bytes',
      queries: [{ expr: 'clickhouse_memory_bytes', legend: 'taken' }],
    },
  ],
};
