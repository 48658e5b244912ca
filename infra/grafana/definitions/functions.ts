import { type Dashboard, quantile } from '../dashboard.ts';

const ours = '{function_name=~"$function_name"}';

export const functions: Dashboard = {
  uid: 'functions',
  title: 'Functions',
  description: 'Calls, errors, replicas and what they use, of every function.',
  variables: [{ name: 'function_name', metric: 'gateway_service_target', label: 'function_name' }],
  panels: [
    {
      title: 'Calls by code',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (function_name, code) (rate(gateway_function_invocation_total${ours}[1m]))`,
          legend: '{{function_name}} {{code}}',
        },
      ],
    },
    {
      title: 'Time of a call, p95',
      unit: 's',
      queries: [
        {
          expr: `function_name:gateway_functions_seconds:p95_rate5m${ours}`,
          legend: '{{function_name}}',
        },
      ],
    },
    {
      title: 'Replicas: wanted and taking calls',
      unit: 'short',
      queries: [
        {
          expr: `sum by (function_name) (gateway_service_target${ours})`,
          legend: '{{function_name}} wanted',
        },
        { expr: `sum by (function_name) (gateway_service_count${ours})`, legend: '{{function_name}}' },
      ],
    },
    {
      title: 'What the autoscaler asks for',
      unit: 'short',
      queries: [
        { expr: 'autoscaler_replicas_wanted', legend: '{{function}}', quiet: true },
        { expr: 'autoscaler_stuck_partitions > 0', legend: '{{function}} stuck partitions', quiet: true },
      ],
    },
    {
      title: 'Processor',
      description: '1 is one processor.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (function_name) (rate(process_cpu_seconds_total${ours}[1m]))`,
          legend: '{{function_name}}',
        },
      ],
    },
    {
      title: 'Memory, all replicas',
      unit: 'bytes',
      queries: [
        {
          expr: `sum by (function_name) (process_resident_memory_bytes${ours})`,
          legend: '{{function_name}}',
        },
      ],
    },
    {
      title: 'Time that the event loop is late, p99',
      unit: 's',
      queries: [
        {
          expr: `max by (function_name) (nodejs_eventloop_lag_p99_seconds${ours})`,
          legend: '{{function_name}}',
        },
      ],
    },
    {
      title: 'Inside the function, p95',
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, 'function_duration_seconds', 'function_name', ours),
          legend: '{{function_name}}',
        },
      ],
    },
    {
      title: 'Runs by the clock',
      unit: 'cps',
      queries: [
        {
          expr: 'sum by (function_name, outcome) (rate(gateway_cron_runs_total[5m]))',
          legend: '{{function_name}} {{outcome}}',
          quiet: true,
        },
      ],
    },
    {
      title: 'Queued calls',
      unit: 'short',
      queries: [
        { expr: 'gateway_async_queue_depth', legend: 'waiting' },
        {
          expr: 'sum by (outcome) (rate(gateway_async_calls_total[5m]))',
          legend: '{{outcome}} a second',
          quiet: true,
        },
      ],
    },
    {
      title: 'Events by outcome',
      unit: 'eps',
      queries: [
        { expr: 'sum by (outcome) (rate(ingest_events_total[1m]))', legend: 'ingest {{outcome}}' },
        { expr: 'sum by (outcome) (rate(transform_events_total[1m]))', legend: 'transform {{outcome}}' },
        { expr: 'sum by (kind) (rate(generate_events_total[1m]))', legend: 'generate {{kind}}' },
      ],
    },
    {
      title: 'Checks by outcome',
      unit: 'cps',
      queries: [{ expr: 'sum by (outcome) (rate(check_runs_total[5m]))', legend: '{{outcome}}' }],
    },
  ],
};
