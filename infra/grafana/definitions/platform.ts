import type { Dashboard } from '../dashboard.ts';

export const platform: Dashboard = {
  uid: 'platform',
  title: 'Platform',
  description: 'Every part: does it answer, how often was it started again, what does it use; and the disk.',
  panels: [
    {
      title: 'Parts that answer',
      kind: 'states',
      unit: 'none',
      red: { below: 1 },
      queries: [{ expr: 'min by (part) ({__name__=~"part_up|up", part!=""})', legend: '{{part}}' }],
    },
    {
      title: 'Started again',
      unit: 'short',
      queries: [{ expr: 'increase(part_restarts_total[1h])', legend: '{{part}}' }],
    },
    {
      title: 'Processor',
      description: '1 is one processor.',
      unit: 'short',
      queries: [
        { expr: 'sum by (part) (rate(process_cpu_seconds_total{part!=""}[1m]))', legend: '{{part}}' },
        { expr: 'sum(rate(process_cpu_seconds_total{replica!=""}[1m]))', legend: 'functions' },
      ],
    },
    {
      title: 'Memory',
      unit: 'bytes',
      queries: [
        { expr: 'sum by (part) (process_resident_memory_bytes{part!=""})', legend: '{{part}}' },
        { expr: 'sum(process_resident_memory_bytes{replica!=""})', legend: 'functions' },
        { expr: 'platform_memory_bytes', legend: 'all, shared pages once' },
      ],
    },
    {
      title: 'Disk of the data: free',
      unit: 'bytes',
      queries: [{ expr: 'platform_disk_free_bytes', legend: 'free' }],
    },
    {
      title: 'Disk of the data: share that is free',
      unit: 'percentunit',
      queries: [{ expr: 'platform_disk_free_bytes / platform_disk_size_bytes', legend: 'free' }],
    },
    {
      title: 'Time that the event loop is late, p99',
      unit: 's',
      queries: [{ expr: 'nodejs_eventloop_lag_p99_seconds{part!=""}', legend: '{{part}}' }],
    },
    {
      title: 'Partitions taken over',
      unit: 'cps',
      queries: [{ expr: 'sum by (function) (rate(connector_takeovers_total[5m]))', legend: '{{function}}' }],
    },
  ],
};
