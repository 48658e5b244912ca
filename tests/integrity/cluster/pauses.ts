/**
 * The longest time without a good moment, as far as it touches the window: from the last one before it to the first one
 * in it, between those in it, and from the last one in it to the first after, or to its end where there is none.
 *
 * @param moments in order, milliseconds.
 */
export function longestPause(moments: readonly number[], { from, to }: { from: number; to: number }): number {
  let longest = 0;
  let last = from;
  for (const moment of moments) {
    if (moment > from) longest = Math.max(longest, moment - last);
    last = moment;
    if (moment >= to) return longest;
  }
  return Math.max(longest, to - last);
}
