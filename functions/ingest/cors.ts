/** Headers that let a browser page of these origins send events; none where no origins are set. */
export function createCors(
  origins: string | undefined,
): (origin: string | undefined) => Record<string, string> {
  const allowed = (origins ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  const any = allowed.includes('*');
  return (origin) => {
    if (allowed.length === 0 || origin === undefined || !(any || allowed.includes(origin))) return {};
    return {
      'access-control-allow-origin': any ? '*' : origin,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'authorization, content-type, traceparent, tracestate',
      'access-control-max-age': '86400',
      ...(any ? {} : { vary: 'origin' }),
    };
  };
}
