/** Counts of one comparison; `examples` name some of what is wrong. */
export interface Comparison {
  expected: number;
  found: number;
  lost: number;
  doubled: number;
  examples: string[];
}

const maxExamples = 5;

export function emptyComparison(): Comparison {
  return { expected: 0, found: 0, lost: 0, doubled: 0, examples: [] };
}

/** Counts something wrong; the first few are kept as examples. */
export function note(result: Comparison, kind: 'lost' | 'doubled', example: string, count = 1): void {
  result[kind] += count;
  if (result.examples.length < maxExamples) result.examples.push(`${kind}: ${example}`);
}
