import { readdirSync } from 'node:fs';
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/**
 * How often it is looked whether the event loop is late. Each look wakes the process: ten times as often, prom-client's
 * own, took 4 ms of processor a second of every process that had nothing else to do.
 */
const LOOK_MS = 100;

/** Who reads often sees the same lateness again until it is so old. */
const KEPT_MS = 10_000;

const gcKinds = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** What a process tells of itself, under prom-client's names: those of its default metrics that are read and cheap. */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  addProcessor(registers);
  addMemory(registers);
  addEventLoop(registers);
  addGarbageCollection(registers);
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start of the process, seconds since 1970',
    registers,
  }).set(Math.round(Date.now() / 1000 - process.uptime()));
  const [major, minor, patch] = process.versions.node.split('.').map(Number) as [number, number, number];
  new Gauge({
    name: 'nodejs_version_info',
    help: 'Version of Node.js',
    labelNames: ['version', 'major', 'minor', 'patch'],
    registers,
  }).set({ version: process.version, major, minor, patch }, 1);
  if (process.platform !== 'linux') return;
  new Gauge({
    name: 'process_open_fds',
    help: 'Open files and sockets',
    registers,
    collect() {
      // Reading the folder opens it.
      this.set(readdirSync('/proc/self/fd').length - 1);
    },
  });
}

function addProcessor(registers: Registry[]): void {
  let last = { user: 0, system: 0 };
  // Metrics are read in the order in which they were made: the first sets the others.
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time',
    registers,
    collect() {
      const used = process.cpuUsage();
      user.inc((used.user - last.user) / 1e6);
      system.inc((used.system - last.system) / 1e6);
      this.inc((used.user + used.system - last.user - last.system) / 1e6);
      last = used;
    },
  });
  const user = new Counter({
    name: 'process_cpu_user_seconds_total',
    help: 'Processor time outside of the system',
    registers,
  });
  const system = new Counter({
    name: 'process_cpu_system_seconds_total',
    help: 'Processor time within the system',
    registers,
  });
}

function addMemory(registers: Registry[]): void {
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory',
    registers,
    collect() {
      const memory = process.memoryUsage();
      this.set(memory.rss);
      heapTotal.set(memory.heapTotal);
      heapUsed.set(memory.heapUsed);
      external.set(memory.external);
    },
  });
  const heapTotal = new Gauge({ name: 'nodejs_heap_size_total_bytes', help: 'Size of the heap', registers });
  const heapUsed = new Gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'What of the heap is used',
    registers,
  });
  const external = new Gauge({
    name: 'nodejs_external_memory_bytes',
    help: 'Memory of buffers and the like, outside of the heap',
    registers,
  });
}

function addEventLoop(registers: Registry[]): void {
  const gaps = monitorEventLoopDelay({ resolution: LOOK_MS });
  gaps.enable();
  let sinceMs = performance.now();
  const late = (gapNs: number) => Math.max(0, gapNs / 1e9 - LOOK_MS / 1000);
  new Gauge({
    name: 'nodejs_eventloop_lag_p99_seconds',
    help: 'How late the event loop was at ten looks a second, 99th percentile of the last seconds',
    registers,
    collect() {
      this.set(late(gaps.percentile(99)));
      max.set(late(gaps.max));
      // The gap that a reset falls into is not counted: one at each reading would hide too many.
      if (performance.now() - sinceMs < KEPT_MS) return;
      gaps.reset();
      sinceMs = performance.now();
    },
  });
  const max = new Gauge({
    name: 'nodejs_eventloop_lag_max_seconds',
    help: 'How late the event loop was at ten looks a second, most of the last seconds',
    registers,
  });
}

function addGarbageCollection(registers: Registry[]): void {
  const seconds = new Histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Time of a garbage collection by kind: major, minor, incremental or weakcb',
    labelNames: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
    registers,
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      seconds.observe({ kind: gcKinds.get(kind) ?? 'other' }, entry.duration / 1000);
    }
  }).observe({ entryTypes: ['gc'] });
}
