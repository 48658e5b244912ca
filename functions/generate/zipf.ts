/**
 * Ranks 1…n with probability proportional to 1/rank, in constant memory: rejection-inversion by Hörmann and
 * Derflinger (1996), as in Apache Commons RNG, for the exponent 1.
 *
 * @returns a function from uniform numbers to a rank; it draws about 1.1 of them.
 */
export function createZipf(n: number): (unit: () => number) => number {
  const first = Math.log(1.5) - 1;
  const last = Math.log(n + 0.5);
  const shortcut = 2 - Math.exp(Math.log(2.5) - 0.5);
  return (unit) => {
    for (;;) {
      const u = last + unit() * (first - last);
      const x = Math.exp(u);
      const rank = Math.min(n, Math.max(1, Math.round(x)));
      if (rank - x <= shortcut || u >= Math.log(rank + 0.5) - 1 / rank) return rank;
    }
  };
}
