import { parseFilter } from './filter.ts';
import type { DeliveryMode, OnError, RecordFilter, Subscription } from './subscription.ts';
import { parseDuration, parseSize } from './units.ts';

/** Either what the annotations say, or every one that is wrong and why; nothing for a function without `topic`. */
export type Parsed =
  | { subscription: Subscription; problems?: undefined }
  | { subscription?: undefined; problems: readonly string[] };

const modes: readonly DeliveryMode[] = ['transactional', 'ranges', 'at-least-once'];
const onErrors: readonly OnError[] = ['block', 'split', 'dead-letter'];
const known = new Set(
  [
    'group',
    'start',
    'batch-size',
    'batch-bytes',
    'batch-window',
    'delivery',
    'routes',
    'output-topic',
    'dead-letter-topic',
    'max-retries',
    'max-record-age',
    'on-error',
    'filter',
    'lag-target',
    'min-replicas',
    'max-replicas',
  ].map((name) => `kafka.${name}`),
);
/** The annotation of functions that are called by time and not by records. */
const CRON = 'cron-function';
const topicName = /^[A-Za-z0-9._-]{1,249}$/;

/**
 * Reads the annotations `topic` and `kafka.*` of a function.
 *
 * @returns undefined when the function has no `topic` annotation, or only the cron connector's: it is none of ours.
 */
export function parseAnnotations(
  functionName: string,
  annotations: Readonly<Record<string, string>>,
  {
    deadLetterTopic,
    start = 'earliest',
  }: { deadLetterTopic: string /** For functions that do not say. */; start?: Subscription['start'] },
): Parsed | undefined {
  if (annotations.topic === undefined) return undefined;
  const topics = annotations.topic
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== CRON);
  if (topics.length === 0) return undefined;
  const problems: string[] = [];

  function read<T>(name: string, fallback: T, parse: (text: string) => T | undefined, rule: string): T {
    const text = annotations[`kafka.${name}`];
    if (text === undefined) return fallback;
    const value = parse(text.trim());
    if (value !== undefined) return value;
    problems.push(`kafka.${name}: ${JSON.stringify(text)} must be ${rule}`);
    return fallback;
  }
  const whole = (min: number, max: number) => (text: string) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
  const oneOf =
    <T extends string>(values: readonly T[]) =>
    (text: string) =>
      values.find((value) => value === text);
  const between =
    (min: number, max: number, parse: (text: string) => number | undefined) => (text: string) => {
      const value = parse(text);
      return value !== undefined && value >= min && value <= max ? value : undefined;
    };
  const topic = (text: string) => (topicName.test(text) ? text : undefined);

  for (const name of Object.keys(annotations)) {
    if (name.startsWith('kafka.') && !known.has(name))
      problems.push(`${name}: is not an annotation of the connector`);
  }
  if (topics.some((each) => !topicName.test(each))) {
    problems.push(
      `topic: ${JSON.stringify(annotations.topic)} must be one or more topic names, separated by commas`,
    );
  }
  const outputTopic = read<string | undefined>('output-topic', undefined, topic, 'a topic name');
  const mode = read<DeliveryMode>(
    'delivery',
    outputTopic === undefined ? 'at-least-once' : 'transactional',
    oneOf(modes),
    `one of ${modes.join(', ')}`,
  );
  const group = read('group', functionName, topic, 'letters, digits, dots, dashes or underscores');
  const subscription: Subscription = {
    functionName,
    topics: [...new Set(topics)],
    group,
    retryTopic: `${group}.retry`,
    start: read<Subscription['start']>('start', start, parseStart, 'earliest, latest or an ISO time'),
    batchSize: read('batch-size', 10_000, whole(1, 10_000), 'a whole number from 1 to 10000'),
    batchBytes: read(
      'batch-bytes',
      4_194_304,
      between(1, 67_108_864, parseSize),
      'bytes up to 64MiB, such as 4MiB',
    ),
    batchWindowMs: read(
      'batch-window',
      50,
      between(0, 300_000, parseDuration),
      'a time up to 5m, such as 50ms or 2s',
    ),
    mode,
    routes: read('routes', 1, whole(1, 1000), 'a whole number from 1 to 1000'),
    outputTopic,
    deadLetterTopic: read('dead-letter-topic', deadLetterTopic, topic, 'a topic name'),
    maxRetries: read('max-retries', 5, whole(0, 10_000), 'a whole number from 0 to 10000'),
    maxRecordAgeMs: read<number | undefined>(
      'max-record-age',
      undefined,
      between(1000, Number.MAX_SAFE_INTEGER, parseDuration),
      'a time of at least 1s, such as 7d',
    ),
    onError: read<OnError>('on-error', 'block', oneOf(onErrors), `one of ${onErrors.join(', ')}`),
    filter: read<RecordFilter | undefined>(
      'filter',
      undefined,
      parseFilter,
      'a JSON filter pattern, such as {"event_type":["purchase"]}, or a list of them',
    ),
    lagTargetSeconds: read<number | undefined>(
      'lag-target',
      undefined,
      (text) => {
        const ms = between(1, 86_400_000, parseDuration)(text);
        return ms === undefined ? undefined : ms / 1000;
      },
      'a time, such as 5s',
    ),
    minReplicas: read<number | undefined>(
      'min-replicas',
      undefined,
      whole(0, 1000),
      'a whole number from 0 to 1000',
    ),
    maxReplicas: read<number | undefined>(
      'max-replicas',
      undefined,
      whole(1, 1000),
      'a whole number from 1 to 1000',
    ),
  };
  if (mode === 'ranges') {
    const changing = ['filter', 'max-record-age'].filter(
      (name) => annotations[`kafka.${name}`] !== undefined,
    );
    if (subscription.onError !== 'block') changing.push('on-error');
    for (const name of changing) {
      problems.push(
        `kafka.${name}: is not possible with kafka.delivery ranges: it would change what a range holds`,
      );
    }
    if (outputTopic !== undefined) {
      problems.push('kafka.output-topic: needs kafka.delivery transactional or at-least-once');
    }
  }
  if ((subscription.minReplicas ?? 0) > (subscription.maxReplicas ?? Number.POSITIVE_INFINITY)) {
    problems.push('kafka.min-replicas: is greater than kafka.max-replicas');
  }
  return problems.length > 0 ? { problems } : { subscription };
}

function parseStart(text: string): Subscription['start'] | undefined {
  if (text === 'earliest' || text === 'latest') return text;
  if (!/^\d{4}-\d{2}-\d{2}(T|$)/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
