/**
 * V8's flags for processes that batches pass through.
 *
 * - A batch of 5,000 events outgrows V8's young generation of 16 MiB, is moved to the old one and collected there: garbage
 *   collection took 16 % of mongo-write's time, with this 6 %.
 * - V8 allows 64 MiB of Buffers between two collections of everything, however much has been collected before. At top rate
 *   that was several a second in every process, and a sixth of all processor time went into marking. Counted like the rest
 *   of memory they are collected when the heap is.
 */
export const batchFlags = [
  '--max-semi-space-size=32',
  '--external-memory-accounted-in-global-limit',
] as const;
