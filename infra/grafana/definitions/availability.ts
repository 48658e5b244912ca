import type { Dashboard } from '../dashboard.ts';

const windows = ['5m', '1h', '6h', '1d', '3d'];

export const availability: Dashboard = {
  uid: 'availability',
  title: 'Availability of ingest',
  description: 'Accepted of valid requests: 99.9 % over 30 days. 4xx are not valid, except 429.',
  panels: [
    {
      title: '30 days',
      kind: 'number',
      unit: 'percentunit',
      red: { below: 0.999 },
      queries: [{ expr: 'ingest:availability:ratio30d', legend: 'accepted', quiet: true }],
    },
    {
      title: 'Budget left',
      description: 'Share of the month’s allowed failures that is not used.',
      kind: 'number',
      unit: 'percentunit',
      red: { below: 0 },
      queries: [{ expr: '1 - (1 - ingest:availability:ratio30d) / 0.001', legend: 'left', quiet: true }],
    },
    {
      title: 'Valid requests',
      kind: 'number',
      unit: 'reqps',
      queries: [{ expr: 'ingest:requests_valid:rate5m', legend: 'valid' }],
    },
    {
      title: 'How fast the budget burns',
      description: 'At 1 it lasts exactly 30 days; 14.4 over an hour or 6 over six hours wakes somebody.',
      unit: 'short',
      queries: windows.map((window) => ({
        expr: `ingest:requests_failed:ratio${window} / 0.001`,
        legend: window,
        quiet: window.endsWith('d'),
      })),
    },
    {
      title: 'Requests by code',
      unit: 'reqps',
      queries: [
        {
          expr: 'sum by (code) (rate(gateway_function_invocation_total{function_name=~"ingest([.].+)?"}[1m]))',
          legend: '{{code}}',
        },
      ],
    },
    {
      title: 'Time to the answer',
      unit: 's',
      queries: [0.5, 0.95, 0.99].map((q) => ({
        expr: `histogram_quantile(${q}, sum by (le) (rate(gateway_functions_seconds_bucket{function_name=~"ingest([.].+)?"}[5m])))`,
        legend: `p${q * 100}`,
      })),
    },
    {
      title: 'Events by outcome',
      unit: 'eps',
      queries: [{ expr: 'sum by (outcome) (rate(ingest_events_total[1m]))', legend: '{{outcome}}' }],
    },
  ],
};
