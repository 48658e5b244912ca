/**
 * A property `amount` as text for ClickHouse's Decimal(18, 2): two decimals, a half rounded away from zero, decided
 * on the decimal text of the number (1.005 becomes 1.01, although the nearest double lies below it).
 * Undefined when it is no number or has too many digits; the property itself is kept as it was sent.
 */
export function amountText(value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) >= 1e16) return undefined;
  if (Number.isInteger(value)) return `${value + 0}.00`;
  const text = String(Math.abs(value));
  // Below 1e16 an exponent only ever means a number smaller than 0.000001.
  if (text.includes('e')) return '0.00';
  const [whole = '0', fraction = ''] = text.split('.');
  if (fraction.length <= 2) return withSign(value, whole, fraction.padEnd(2, '0'));
  const cents = BigInt(whole + fraction.slice(0, 2)) + (fraction.charCodeAt(2) >= 0x35 ? 1n : 0n);
  const digits = String(cents).padStart(3, '0');
  return withSign(value, digits.slice(0, -2), digits.slice(-2));
}

function withSign(value: number, whole: string, cents: string): string {
  return value < 0 && !(/^0+$/.test(whole) && cents === '00') ? `-${whole}.${cents}` : `${whole}.${cents}`;
}

/** A property `currency` as the typed column holds it: short text as sent, undefined for anything else. */
export function currencyText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= 16 ? value : undefined;
}
