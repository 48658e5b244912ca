const factors: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity (`256Mi`, `0.5`, `500m`) as a number of bytes or cores; undefined when it is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-zA-Z]{0,2})$/.exec(text);
  const factor = match === null ? undefined : factors[match[2] ?? ''];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/**
 * Node's heap limit, in MiB, for a memory limit: a quarter is left to what is not heap (buffers, code, stacks),
 * at least 32 MiB are given.
 */
export function heapLimitMiB(memoryLimit: string): number | undefined {
  const bytes = parseQuantity(memoryLimit);
  return bytes === undefined ? undefined : Math.max(32, Math.floor((bytes * 0.75) / 2 ** 20));
}
