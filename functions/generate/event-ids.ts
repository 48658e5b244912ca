import { hash } from 'node:crypto';
import { type Output, putBytes, putHex } from './output.ts';

/** A run's mark on what must differ between runs of one seed: event ids and session ids. */
export interface RunMark {
  /** Six hexadecimal digits. */
  tag: string;
  /**
   * Puts an id of version 7's layout: the event's time, then bits of the run, then the index under the run's mask.
   * Different for every index by construction, not by chance.
   */
  putEventId(output: Output, index: number, timestampMs: number): void;
}

export function createRunMark(runId: string, seed: number): RunMark {
  const digest = hash('sha256', `${runId}\n${seed}`, 'buffer');
  const a = (digest.readUInt16BE(0) & 0x0fff) | 0x7000;
  const b = (digest.readUInt16BE(2) & 0x3fff) | 0x8000;
  const middle = Buffer.from(`-${a.toString(16)}-${b.toString(16)}-`);
  const maskHigh = digest.readUInt16BE(4);
  const maskLow = digest.readUInt32BE(6);
  return {
    tag: digest.subarray(10, 13).toString('hex'),
    putEventId(output, index, timestampMs) {
      putHex(output, Math.floor(timestampMs / 0x1_0000), 8);
      putBytes(output, dash);
      putHex(output, timestampMs % 0x1_0000, 4);
      putBytes(output, middle);
      putHex(output, Math.floor(index / 0x1_0000_0000) ^ maskHigh, 4);
      putHex(output, index ^ maskLow, 8);
    },
  };
}

const dash = Buffer.from('-');
