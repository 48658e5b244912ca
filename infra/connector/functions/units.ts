const durationUnits: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const sizeUnits: Record<string, number> = {
  '': 1,
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1_000_000,
  KiB: 1024,
  MiB: 1_048_576,
  Ki: 1024,
  Mi: 1_048_576,
};

function scaled(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const unit = match === null ? undefined : units[match[2] ?? ''];
  if (match === null || unit === undefined) return undefined;
  const value = Number(match[1]) * unit;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Milliseconds of `50ms`, `2s`, `5m`, `1h`, `7d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return scaled(text, durationUnits);
}

/** Bytes of `4194304`, `512KiB`, `4MiB`, `1MB`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  return scaled(text, sizeUnits);
}
