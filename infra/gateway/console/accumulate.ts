import type { Sample } from '../../../shared/metrics/parse.ts';

/** What a counter has grown by since the console began to look, over all replicas. */
export interface Total {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** Totals by metric name, then by labels. */
export type Totals = ReadonlyMap<string, ReadonlyMap<string, Total>>;

/** Labels that say who counted; what was counted does not depend on them. */
const sourceLabels = new Set(['replica', 'part', 'instance']);

/**
 * Adds up counters of processes that come and go. A series of a process known before begins at zero; the first
 * value of a process not known is only where counting starts, else a scrape that failed once would look like a
 * burst. A value that fell is a process that began anew.
 *
 * @param forgetAfterMs how long a process may be silent and still be known.
 */
export function createAccumulator({ forgetAfterMs = 60_000 } = {}) {
  let series = new Map<string, { value: number; atMs: number }>();
  const sources = new Map<string, number>();
  const totals = new Map<string, Map<string, Total>>();

  /**
   * Adds the counters of one scrape; the answer is a copy.
   *
   * @param present samples of any kind: they show which processes answered, also those that counted nothing yet.
   */
  return function add(atMs: number, samples: readonly Sample[], present: readonly Sample[] = []): Totals {
    const kept = new Map([...series].filter(([, seen]) => atMs - seen.atMs < forgetAfterMs));
    const now = new Set(present.map(sourceOf));
    for (const sample of samples) {
      const source = sourceOf(sample);
      now.add(source);
      const key = `${source} ${keyOf(sample.name, sample.labels, () => true)}`;
      const before = kept.get(key)?.value ?? (sources.has(source) ? 0 : sample.value);
      kept.set(key, { value: sample.value, atMs });
      addTo(totals, sample, sample.value >= before ? sample.value - before : sample.value);
    }
    series = kept;
    for (const [source, seenMs] of sources) if (atMs - seenMs >= forgetAfterMs) sources.delete(source);
    for (const source of now) sources.set(source, atMs);
    return new Map(
      [...totals].map(([name, byLabels]) => [
        name,
        new Map([...byLabels].map(([key, total]) => [key, { ...total }])),
      ]),
    );
  };
}

function addTo(totals: Map<string, Map<string, Total>>, { name, labels }: Sample, growth: number): void {
  const byLabels = totals.get(name) ?? new Map<string, Total>();
  totals.set(name, byLabels);
  const isOwn = (label: string) => !sourceLabels.has(label);
  const key = keyOf(name, labels, isOwn);
  const total = byLabels.get(key);
  if (total !== undefined) total.value += growth;
  else {
    const own = Object.fromEntries(Object.entries(labels).filter(([label]) => isOwn(label)));
    byLabels.set(key, { labels: own, value: growth });
  }
}

function sourceOf({ labels }: Sample): string {
  return labels.replica === undefined ? `part ${labels.part}` : `replica ${labels.replica}`;
}

function keyOf(name: string, labels: Record<string, string>, wanted: (label: string) => boolean): string {
  return JSON.stringify([name, ...Object.entries(labels).filter(([label]) => wanted(label))]);
}
