/**
 * The candidate with the fewest calls in flight. Among equals the one after `turn`, so that an idle function's
 * calls go round; undefined when there is none.
 */
export function leastBusy<T extends { readonly inFlight: number }>(
  candidates: readonly T[],
  turn: number,
  except?: ReadonlySet<T>,
): T | undefined {
  let best: T | undefined;
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[(turn + i) % candidates.length] as T;
    if (except?.has(candidate)) continue;
    if (best === undefined || candidate.inFlight < best.inFlight) best = candidate;
  }
  return best;
}
