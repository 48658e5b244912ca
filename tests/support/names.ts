import { randomBytes } from 'node:crypto';

/** A name nothing else uses, fit for a topic, a group, a database: `unique('lag')` → `lag_18f3c2a97b04`. */
export function unique(prefix: string): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`;
}
