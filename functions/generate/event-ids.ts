import { hash } from 'node:crypto';

/** A run's mark on what must differ between runs of one seed: event ids and session ids. */
export interface RunMark {
  /** Six hexadecimal digits. */
  tag: string;
  /**
   * Version 7 layout: the event's time, then bits of the run, then the index under the run's mask. Different for every
   * index by construction, not by chance.
   */
  eventId(index: number, timestampMs: number): string;
}

export function createRunMark(runId: string, seed: number): RunMark {
  const digest = hash('sha256', `${runId}\n${seed}`, 'buffer');
  const a = hex(digest.readUInt16BE(0) & 0x0fff, 4).slice(1);
  const b = hex((digest.readUInt16BE(2) & 0x3fff) | 0x8000, 4);
  const maskHigh = digest.readUInt16BE(4);
  const maskLow = digest.readUInt32BE(6);
  return {
    tag: digest.subarray(10, 13).toString('hex'),
    eventId(index, timestampMs) {
      const time = hex(Math.floor(timestampMs / 0x1_0000), 8);
      const high = hex((Math.floor(index / 0x1_0000_0000) ^ maskHigh) & 0xffff, 4);
      const low = hex((index ^ maskLow) >>> 0, 8);
      return `${time}-${hex(timestampMs % 0x1_0000, 4)}-7${a}-${b}-${high}${low}`;
    },
  };
}

const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Of a whole number below 2^32, an even number of digits; `toString(16)` takes twenty times as long where a number is not a small integer. */
function hex(value: number, digits: number): string {
  let text = '';
  for (let shift = (digits - 2) * 4; shift >= 0; shift -= 8) text += bytes[(value >>> shift) & 0xff];
  return text;
}
