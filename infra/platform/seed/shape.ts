import { PipelineError } from '../../../shared/errors/index.ts';

/** How seeded rows lie in time. */
export interface Shape {
  name: 'month' | 'day';
  database: string;
  /** Milliseconds since 1970. */
  fromMs: number;
  toMs: number;
}

const dayMs = 86_400_000;

/** @throws PipelineError `SHAPE` for a name that is none. */
export function shapeOf(name: string, nowMs: number): Shape {
  const today = Math.floor(nowMs / dayMs) * dayMs;
  if (name === 'month') {
    return { name, database: 'analytics_seed_month', fromMs: today - 29 * dayMs, toMs: nowMs };
  }
  // All of it, whatever the clock says: an hour after midnight the rows would otherwise be those of an hour.
  if (name === 'day') return { name, database: 'analytics_seed_day', fromMs: today, toMs: today + dayMs };
  throw new PipelineError('SHAPE', `SHAPE=${name}: must be month (30 days) or day (all of today)`);
}

/** A whole number from the environment. @throws PipelineError `NUMBER` for anything else. */
export function numberOf(name: string, standard: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return standard;
  const value = Number(text.replaceAll(/[_,]/g, ''));
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new PipelineError('NUMBER', `${name}=${text}: must be a whole number`);
  }
  return value;
}
