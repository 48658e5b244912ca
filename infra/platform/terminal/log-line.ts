/**
 * A line of a log for a person: our JSON lines become `time level message key=value …`; others, an engine's own,
 * stay as they are.
 */
export function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  const { time, level, msg, part: _part, err, ...rest } = entry;
  if (typeof time !== 'string' || typeof level !== 'string') return line;
  const fields = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const error = (err as { message?: string } | undefined)?.message;
  if (error !== undefined) fields.push(`err=${error}`);
  return [time.slice(11, 23), level.toUpperCase().padEnd(5), msg ?? '', ...fields].join(' ').trimEnd();
}
