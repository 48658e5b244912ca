import { compact, count, duration, rate } from '../../format/numbers.js';

const named = (list, name) => list.find((one) => one.name === name);

/** Events per second on each arrow of the drawing; null where nothing is known of it. */
export function arrowRates({ sources, consumers, stores }) {
  const consumer = (name, figure) => named(consumers, name)?.[figure] ?? null;
  const store = (name) => named(stores, name)?.rowsPerSecond ?? null;
  return {
    ingested: sources.ingest.eventsPerSecond,
    generated: sources.generate.eventsPerSecond,
    raw: consumer('transform', 'receivedPerSecond'),
    clean: sources.transform.eventsPerSecond,
    rejects: consumer('transform', 'deadLettersPerSecond'),
    toMongo: consumer('mongo-write', 'receivedPerSecond'),
    toClickhouse: consumer('clickhouse-write', 'receivedPerSecond'),
    mongoRows: store('mongodb'),
    clickhouseRows: store('clickhouse'),
    mongoDead: consumer('mongo-write', 'deadLettersPerSecond'),
    clickhouseDead: consumer('clickhouse-write', 'deadLettersPerSecond'),
  };
}

/** Lines and state of each box. */
export function boxFigures(state) {
  return {
    ingest: httpFunction(state, 'ingest'),
    generate: httpFunction(state, 'generate'),
    transform: consumerFunction(state, 'transform'),
    'mongo-write': consumerFunction(state, 'mongo-write'),
    'clickhouse-write': consumerFunction(state, 'clickhouse-write'),
    raw: topic(state, 'transform'),
    clean: topic(state, 'mongo-write'),
    dead: deadLetters(state),
    mongodb: store(state, 'mongodb'),
    clickhouse: store(state, 'clickhouse'),
  };
}

function httpFunction({ functions }, name) {
  const f = named(functions, name);
  if (f === undefined) return notDeployed;
  return { lines: [replicas(f), `${rate(f.callsPerSecond)} calls/s`], tone: toneOf(f) };
}

function consumerFunction({ functions, consumers }, name) {
  const f = named(functions, name);
  if (f === undefined) return notDeployed;
  const consumer = named(consumers, name);
  if (consumer === undefined) return { lines: [replicas(f), 'no connector'], tone: 'is-warning' };
  const { partitions, batchMean } = consumer;
  const lag = partitions.reduce((sum, p) => sum + p.lagRecords, 0);
  const seconds = Math.max(0, ...partitions.map((p) => p.lagSeconds));
  const waiting = partitions.some((p) => p.paused.length > 0);
  return {
    lines: [replicas(f), `batch ${compact(batchMean)}`, `lag ${compact(lag)}, ${duration(seconds)}`],
    tone: toneOf(f) || (waiting ? 'is-warning' : ''),
  };
}

function topic({ consumers }, reader) {
  const partitions = named(consumers, reader)?.partitions.filter((p) => !p.topic.endsWith('.retry')) ?? [];
  return { lines: partitions.length === 0 ? [] : [`${partitions.length} partitions`], tone: '' };
}

function deadLetters({ consumers }) {
  const perSecond = consumers.reduce((sum, consumer) => sum + consumer.deadLettersPerSecond, 0);
  return { lines: [`${rate(perSecond)} dead letters/s`], tone: perSecond > 0 ? 'is-warning' : '' };
}

function store({ stores }, name) {
  const one = named(stores, name);
  if (one === undefined) return { lines: [], tone: '' };
  const { latencyP50Seconds, latencyP99Seconds, errorsPerSecond } = one;
  const lines = [`p50 ${duration(latencyP50Seconds)}`, `p99 ${duration(latencyP99Seconds)}`];
  if (errorsPerSecond > 0) lines.push(`${rate(errorsPerSecond)} errors/s`);
  return { lines, tone: errorsPerSecond > 0 ? 'is-bad' : '' };
}

const notDeployed = { lines: ['not deployed'], tone: 'is-warning' };
const toneOf = ({ available, desired }) =>
  available === desired ? '' : available === 0 ? 'is-bad' : 'is-warning';
const replicas = ({ available, desired }) => {
  const words = desired === 1 ? 'replica' : 'replicas';
  return available === desired ? `${count(desired)} ${words}` : `${available} of ${desired} ${words}`;
};
