/** Headers that are about one connection and are never passed on (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Answered here, on this connection.
  'expect',
]);

/**
 * Raw headers (name, value, name, value, …) without those of one connection and those that `Connection` names.
 * Spelling, order and repetition stay.
 */
export function endToEnd(raw: readonly string[]): string[] {
  const named = new Set<string>();
  for (let i = 0; i < raw.length; i += 2) {
    if ((raw[i] as string).toLowerCase() !== 'connection') continue;
    for (const token of (raw[i + 1] as string).split(',')) named.add(token.trim().toLowerCase());
  }
  // The length of a body is not the sender's to hide: without it the next hop could read another one.
  named.delete('content-length');
  named.delete('host');
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (!hopByHop.has(name) && !named.has(name)) kept.push(raw[i] as string, raw[i + 1] as string);
  }
  return kept;
}

/** Sets a header in a raw list, in place of all of that name. */
export function setHeader(raw: string[], name: string, value: string): void {
  for (let i = raw.length - 2; i >= 0; i -= 2) {
    if ((raw[i] as string).toLowerCase() === name.toLowerCase()) raw.splice(i, 2);
  }
  raw.push(name, value);
}
