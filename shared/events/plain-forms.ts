/** Values of events as they are plainly written; more than these is looked at closer. */

/** The position behind a value of a form, or -1 when what begins at `at` is not in it. */
export type Form = (bytes: Buffer, at: number) => number;

export const uuid: Form = (bytes, at) => {
  for (let i = 0; i < 36; i++) {
    const byte = bytes[at + i] as number;
    if (i === 8 || i === 13 || i === 18 || i === 23 ? byte !== 0x2d : !isHex(byte)) return -1;
  }
  return at + 36;
};
export const eventType: Form = (bytes, at) => {
  if (!isLower(bytes[at] as number)) return -1;
  let end = at + 1;
  while (isTypeByte(bytes[end] as number)) end++;
  return end - at <= 64 ? end : -1;
};
export const country: Form = (bytes, at) => {
  if (!isUpper(bytes[at] as number)) return at;
  return isUpper(bytes[at + 1] as number) ? at + 2 : -1;
};
export const whole: Form = (bytes, at) => {
  let end = at;
  while (isDigit(bytes[end] as number)) end++;
  // 15 digits are exact in a number.
  return end === at || end - at > 15 || (bytes[at] === 0x30 && end - at > 1) ? -1 : end;
};
/** The number of a `whole`. */
export function wholeAt(bytes: Buffer, at: number, end: number): number {
  let value = 0;
  for (let i = at; i < end; i++) value = value * 10 + (bytes[i] as number) - 0x30;
  return value;
}

export const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isLower = (byte: number) => byte >= 0x61 && byte <= 0x7a;
const isUpper = (byte: number) => byte >= 0x41 && byte <= 0x5a;
export const isHex = (byte: number) => isDigit(byte) || (byte >= 0x61 && byte <= 0x66);
const isTypeByte = (byte: number) => isLower(byte) || isDigit(byte) || byte === 0x5f || byte === 0x2e;
