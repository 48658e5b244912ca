import { isIP } from 'node:net';
import { isDigit } from './plain-forms.ts';

/** Whether this is an IPv4 or IPv6 address, without a zone or a prefix length. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** The position behind an IPv4 address that begins at `at`, or -1. */
export function ipv4End(bytes: Buffer, at: number): number {
  let end = at;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && bytes[end++] !== 0x2e) return -1;
    const start = end;
    let value = 0;
    while (isDigit(bytes[end] as number) && end - start < 3)
      value = value * 10 + (bytes[end++] as number) - 0x30;
    if (end === start || value > 255 || (bytes[start] === 0x30 && end - start > 1)) return -1;
  }
  return end;
}

/**
 * Cuts an address so that it no longer names a household: IPv4 to /24, IPv6 to /48. An IPv4 address in IPv6
 * clothes (`::ffff:203.0.113.77`) is cut as the IPv4 address that it is. Empty stays empty.
 *
 * @param address one that `isAddress`, or ''.
 */
export function cutAddress(address: string): string {
  if (address === '') return '';
  const threeGroups = usualGroups.exec(address);
  if (threeGroups !== null) return `${threeGroups[0]}:`;
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.0`;
  const groups = groupsOf(address);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) {
    const [high = 0, low = 0] = groups.slice(6);
    return `${high >> 8}.${high & 0xff}.${low >> 8}.0`;
  }
  const kept = groups.slice(0, 3);
  while (kept.length > 0 && kept[kept.length - 1] === 0) kept.pop();
  return `${kept.map((group) => group.toString(16)).join(':')}::`;
}

/** Nearly every IPv6 address begins so, and is kept so far. */
const usualGroups = /^(?:[1-9a-f][0-9a-f]{0,3}:){3}/;

/** The eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = address.lastIndexOf('.');
  const text = dotted === -1 ? address : withoutDots(address);
  const [head = '', tail] = text.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(gap).fill('0'), ...after].map((group) => Number.parseInt(group, 16));
}

function withoutDots(address: string): string {
  const start = address.lastIndexOf(':') + 1;
  const [a = 0, b = 0, c = 0, d = 0] = address.slice(start).split('.').map(Number);
  return `${address.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}
