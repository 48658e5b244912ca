/** Below this a loop is faster than the call that copies. */
const FEW_BYTES = 40;

/** Copies the bytes from `start` to before `end` to the position `at` of another buffer; the position after them there. */
export function copyBytes(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  const length = end - start;
  if (length > FEW_BYTES) from.copy(to, at, start, end);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
  return at + length;
}
