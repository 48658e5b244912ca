import type { PartitionState } from './delivery/worker.ts';

/** How far a partition is behind; undefined while that is not known. */
export interface Lag {
  records: number;
  seconds: number;
}

/**
 * Lag in records is the read-committed end less the acknowledged position, exact at zero because that position
 * lies beyond markers and gaps. Lag in seconds is the age of the record at the position, zero without one.
 */
export function lagOf(
  state: Pick<PartitionState, 'position' | 'stableEnd' | 'positionTimestampMs'>,
  nowMs: number,
): Lag | undefined {
  if (state.position === undefined || state.stableEnd === undefined) return undefined;
  const records = Math.max(0, state.stableEnd - state.position);
  if (records === 0) return { records, seconds: 0 };
  const age = state.positionTimestampMs === undefined ? 0 : (nowMs - state.positionTimestampMs) / 1000;
  return { records, seconds: Math.max(0, age) };
}
