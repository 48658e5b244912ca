import { type Dashboard, quantile } from '../dashboard.ts';

const ours = '{function=~"$function"}';

export const pipeline: Dashboard = {
  uid: 'pipeline',
  title: 'Pipeline',
  description: 'Events from Kafka to both stores: how many, how far behind, how late, what failed.',
  variables: [{ name: 'function', metric: 'connector_lag_records', label: 'function' }],
  panels: [
    {
      title: 'Events/s in',
      kind: 'number',
      unit: 'eps',
      queries: [{ expr: 'function:connector_records_received:rate1m{function="transform"}', legend: 'in' }],
    },
    {
      title: 'Rows/s stored',
      kind: 'number',
      unit: 'eps',
      queries: [{ expr: 'store:store_rows:rate1m', legend: '{{store}}' }],
    },
    {
      title: 'Furthest behind',
      kind: 'number',
      unit: 's',
      red: { from: 60 },
      queries: [{ expr: 'max(function:connector_lag_seconds:max)', legend: 'lag' }],
    },
    {
      title: 'p99 to the stores',
      kind: 'number',
      unit: 's',
      red: { from: 5 },
      queries: [{ expr: 'max(store:event_stored_latency_seconds:p99_rate5m)', legend: 'p99' }],
    },
    {
      title: 'Checks',
      description: '1: Kafka, both stores and the rollups hold the same events.',
      kind: 'number',
      unit: 'none',
      red: { below: 1 },
      queries: [{ expr: 'min(check_verdict)', legend: 'equal' }],
    },
    {
      title: 'Parts that answer',
      kind: 'number',
      unit: 'percentunit',
      red: { below: 1 },
      queries: [{ expr: 'avg(up{part!=""})', legend: 'up' }],
    },
    {
      title: 'Records received by functions',
      unit: 'eps',
      queries: [{ expr: `function:connector_records_received:rate1m${ours}`, legend: '{{function}}' }],
    },
    {
      title: 'Rows acknowledged by stores',
      unit: 'eps',
      queries: [{ expr: 'store:store_rows:rate1m', legend: '{{store}}' }],
    },
    {
      title: 'Lag in records',
      unit: 'short',
      queries: [{ expr: `function:connector_lag_records:sum${ours}`, legend: '{{function}}' }],
    },
    {
      title: 'Lag in seconds',
      unit: 's',
      queries: [{ expr: `function:connector_lag_seconds:max${ours}`, legend: '{{function}}' }],
    },
    {
      title: 'Replicas',
      unit: 'short',
      queries: [{ expr: 'sum by (function_name) (gateway_service_count)', legend: '{{function_name}}' }],
    },
    {
      title: 'Time from Kafka to the stores',
      unit: 's',
      queries: [
        { expr: 'store:event_stored_latency_seconds:p50_rate5m', legend: '{{store}} p50' },
        { expr: 'store:event_stored_latency_seconds:p99_rate5m', legend: '{{store}} p99' },
      ],
    },
    {
      title: 'Records in a call',
      unit: 'short',
      queries: [
        {
          expr: `sum by (function) (rate(connector_batch_size_sum${ours}[5m])) / sum by (function) (rate(connector_batch_size_count${ours}[5m]))`,
          legend: '{{function}} mean',
        },
        { expr: quantile(0.95, 'connector_batch_size', 'function', ours), legend: '{{function}} p95' },
      ],
    },
    {
      title: 'Time of a call, p95',
      unit: 's',
      queries: [
        { expr: quantile(0.95, 'connector_call_duration_seconds', 'function', ours), legend: '{{function}}' },
      ],
    },
    {
      title: 'Calls by outcome',
      unit: 'cps',
      queries: [
        {
          expr: `sum by (function, outcome) (rate(connector_batches_total${ours}[1m])) > 0`,
          legend: '{{function}} {{outcome}}',
        },
      ],
    },
    {
      title: 'Dead letters',
      unit: 'eps',
      queries: [
        {
          expr: `sum by (function, reason) (rate(connector_dead_letters_total${ours}[5m]))`,
          legend: '{{function}} {{reason}}',
        },
      ],
    },
    {
      title: 'Lag by partition',
      unit: 'short',
      queries: [{ expr: `connector_lag_records${ours}`, legend: '{{function}} {{topic}}-{{partition}}' }],
    },
    {
      title: 'Partitions that wait, and why',
      unit: 'short',
      queries: [
        {
          expr: `sum by (function, reason) (connector_partition_paused${ours})`,
          legend: '{{function}} {{reason}}',
          quiet: true,
        },
      ],
    },
  ],
};
