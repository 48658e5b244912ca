const hourMs = 3_600_000;

/** How busy each hour of the day (UTC) is, relative to the others: quiet at night, busiest in the afternoon. */
const hours = [8, 5, 4, 3, 3, 4, 7, 12, 18, 23, 26, 28, 29, 30, 31, 31, 30, 29, 30, 31, 29, 24, 18, 12];

/**
 * Times of a run without a rate: `count` events over the span that ends at `endMs`, dense where the day is busy.
 * Index 0 ≤ i < count; times never decrease with the index.
 */
export function timesOverSpan({
  count,
  endMs,
  spanMs,
}: {
  count: number;
  endMs: number;
  spanMs: number;
}): (index: number) => number {
  const startMs = endMs - spanMs;
  const edges: number[] = [startMs];
  const sums: number[] = [0];
  for (let from = startMs; from < endMs; ) {
    const to = Math.min(endMs, (Math.floor(from / hourMs) + 1) * hourMs);
    const weight = hours[new Date(from).getUTCHours()] as number;
    edges.push(to);
    sums.push((sums[sums.length - 1] as number) + weight * (to - from));
    from = to;
  }
  const total = sums[sums.length - 1] as number;
  // Indices come in order: the piece of the last one, or the next, is nearly always right.
  let piece = 0;
  return (index) => {
    const target = (index / count) * total;
    if (target < (sums[piece] as number)) piece = 0;
    while (target >= (sums[piece + 1] as number) && piece < sums.length - 2) piece++;
    const low = sums[piece] as number;
    const share = (target - low) / ((sums[piece + 1] as number) - low);
    const from = edges[piece] as number;
    return Math.floor(from + share * ((edges[piece + 1] as number) - from));
  };
}

/** Times of a run with a rate: each event's time is when it is due. */
export function timesAtRate({ ratePerSecond, startMs }: { ratePerSecond: number; startMs: number }) {
  return (index: number): number => Math.floor(startMs + (index * 1000) / ratePerSecond);
}
