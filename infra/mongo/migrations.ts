import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexDescription } from 'mongodb';
import { z } from 'zod';
import { PipelineError } from '../../shared/errors/index.ts';

/** One numbered file: what a collection must have. Each part of it is safe to repeat. */
export interface Migration {
  name: string;
  /** Of the file as it stands, before any value is filled in: another retention is no other migration. */
  checksum: string;
  text: string;
}

/** A migration with the values of one database filled in. */
export interface Step {
  collection: string;
  /** Applied where the database is reached through mongos. */
  shardKey?: Record<string, 1 | 'hashed'>;
  indexes: (IndexDescription & { name: string })[];
}

const direction = z.union([z.literal(1), z.literal(-1)]);
const stepSchema = z.strictObject({
  collection: z.string().min(1),
  shardKey: z.record(z.string(), z.union([z.literal(1), z.literal('hashed')])).optional(),
  indexes: z.array(
    z.strictObject({
      name: z.string().min(1),
      key: z.record(z.string(), direction),
      expireAfterSeconds: z.number().int().positive().optional(),
      unique: z.boolean().optional(),
    }),
  ),
});

/** The migrations of a folder in order: `NNNN_name.json`. */
export function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.json$/.test(name))
    .sort();
  return names.map((name, index) => {
    if (Number(name.slice(0, 4)) !== index + 1) {
      throw new PipelineError('MIGRATIONS', `${join(folder, name)}: number ${index + 1} should come here`);
    }
    const text = readFileSync(join(folder, name), 'utf8');
    return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
  });
}

/** @throws PipelineError `MIGRATIONS` when the file is not in its form. */
export function stepOf(
  { name, text }: Migration,
  values: { collection: string; retentionDays: number },
): Step {
  const filled = text
    .replaceAll('"{events}"', JSON.stringify(values.collection))
    .replaceAll('"{retention_seconds}"', String(values.retentionDays * 86_400));
  const result = stepSchema.safeParse(JSON.parse(filled));
  if (!result.success) throw new PipelineError('MIGRATIONS', `${name}: ${z.prettifyError(result.error)}`);
  return result.data as Step;
}

/**
 * Which migrations a database still needs; `applied` is checksum by name.
 *
 * @throws PipelineError `MIGRATION_CHANGED` when one was changed after it had been applied.
 */
export function pending(all: readonly Migration[], applied: ReadonlyMap<string, string>): Migration[] {
  const changed = all.filter(({ name, checksum }) => (applied.get(name) ?? checksum) !== checksum);
  if (changed.length > 0) {
    throw new PipelineError(
      'MIGRATION_CHANGED',
      `${changed.map(({ name }) => name).join(', ')}: changed after being applied; write a new migration instead`,
    );
  }
  return all.filter(({ name }) => !applied.has(name));
}
