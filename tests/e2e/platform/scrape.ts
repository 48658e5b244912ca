import { parseMetrics, type Sample } from '../../../shared/metrics/parse.ts';
import { eventually } from '../../support/eventually.ts';

/** The samples of a gateway's metrics page. */
export async function scrape(gatewayUrl: string): Promise<Sample[]> {
  const answer = await fetch(`${gatewayUrl}/metrics`);
  return parseMetrics(await answer.text());
}

/** Values by name and labels, those of replicas added up: these come and go. */
function valuesOf(samples: readonly Sample[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const { name, labels, value } of samples) {
    const own = Object.entries(labels).filter(([label]) => label !== 'replica');
    const key = `${name}{${own
      .map(([label, text]) => `${label}="${text}"`)
      .sort()
      .join()}}`;
    values.set(key, (values.get(key) ?? 0) + value);
  }
  return values;
}

/**
 * Puts load on a platform until each value that `watched` picks from the page after a first load has had another.
 *
 * @param load called again and again while something has not changed.
 * @throws that names what never changed.
 */
export async function untilChanged(
  gatewayUrl: string,
  {
    watched,
    count,
    load,
    timeoutMs,
  }: {
    watched: (sample: Sample) => boolean;
    /** Values that there are to watch; a busy process may be missing in a page. */
    count: number;
    load: () => Promise<unknown>;
    timeoutMs: number;
  },
): Promise<void> {
  const read = async () => valuesOf((await scrape(gatewayUrl)).filter(watched));
  await load();
  const before = await eventually(
    async () => {
      const values = await read();
      if (values.size !== count) throw new Error(`${values.size} values: ${[...values.keys()].join('\n')}`);
      return values;
    },
    { timeoutMs },
  );
  const still = new Set(before.keys());
  let loading = true;
  const loaded = (async () => {
    while (loading) await load();
  })();
  try {
    await eventually(
      async () => {
        for (const [key, value] of await read()) if (value !== before.get(key)) still.delete(key);
        if (still.size > 0) throw new Error(`these did not change: ${[...still].join('\n')}`);
      },
      { timeoutMs, intervalMs: 200 },
    );
  } finally {
    loading = false;
    await loaded;
  }
}
