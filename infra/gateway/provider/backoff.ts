const firstMs = 100;
const mostMs = 10_000;

/** Milliseconds to wait before start number `failures + 1` of a replica: 100 ms, doubled each time, up to 10 s. */
export function backoffMs(failures: number): number {
  return failures <= 0 ? 0 : Math.min(mostMs, firstMs * 2 ** (failures - 1));
}
