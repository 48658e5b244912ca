/**
 * Points of the live state as columns of a plot: times in seconds, then one array a key. What a point does not
 * have is a gap.
 *
 * @param {readonly {atMs: number, values: Record<string, number>}[]} points
 * @param {readonly string[]} keys
 * @returns {(number | null)[][]}
 */
export function columnsOf(points, keys) {
  return [points.map((p) => p.atMs / 1000), ...keys.map((key) => points.map((p) => p.values[key] ?? null))];
}
