/** A span of event time in milliseconds since 1970: from `fromMs` on, and before `toMs` where there is one. */
export interface TimeRange {
  fromMs: number;
  toMs: number | undefined;
}

/** A range cut at whole units: what a rollup answers, and the ragged ends that raw rows answer. */
export interface CutRange {
  /** Undefined when no whole unit lies inside. */
  inside: TimeRange | undefined;
  /** At most two. */
  edges: TimeRange[];
}

export const minuteMs = 60_000;
export const dayMs = 86_400_000;

/**
 * Cuts a range at multiples of `unitMs` since 1970, as days and minutes in UTC are. The pieces cover the range
 * exactly and do not overlap; empty ones are left out.
 */
export function cutRange({ fromMs, toMs }: TimeRange, unitMs: number): CutRange {
  const first = Math.ceil(fromMs / unitMs) * unitMs;
  if (toMs === undefined) {
    return {
      inside: { fromMs: first, toMs },
      edges: fromMs < first ? [{ fromMs, toMs: first }] : [],
    };
  }
  const last = Math.floor(toMs / unitMs) * unitMs;
  if (first >= last) return { inside: undefined, edges: fromMs < toMs ? [{ fromMs, toMs }] : [] };
  const edges = [
    { fromMs, toMs: first },
    { fromMs: last, toMs },
  ];
  return {
    inside: { fromMs: first, toMs: last },
    edges: edges.filter((edge) => edge.fromMs < edge.toMs),
  };
}
