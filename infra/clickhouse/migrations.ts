import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PipelineError } from '../../shared/errors/index.ts';

/** One numbered file. */
export interface Migration {
  version: number;
  name: string;
  /** Of the file as it stands, before any value is filled in: another retention is no other migration. */
  checksum: string;
  text: string;
}

/** What the placeholders of a migration stand for on one server. */
export interface Target {
  database: string;
  cluster: string;
  retentionDays: number;
  /** Tables are replicated through Keeper. */
  replicated: boolean;
}

/**
 * The migrations of a folder in order.
 *
 * @throws PipelineError `MIGRATIONS` when a number is missing or used twice.
 */
export function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort();
  return names.map((name, index) => {
    const version = Number(name.slice(0, 4));
    if (version !== index + 1) {
      throw new PipelineError('MIGRATIONS', `${join(folder, name)}: number ${index + 1} should come here`);
    }
    const text = readFileSync(join(folder, name), 'utf8');
    return { version, name, text, checksum: createHash('sha256').update(text).digest('hex') };
  });
}

/** The statements of a migration with the target's values filled in; comments are left out. */
export function statementsOf(text: string, target: Target): string[] {
  return text
    .replace(/^\s*--.*$/gm, '')
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => fillIn(statement, target).trim())
    .filter((statement) => statement !== '');
}

function fillIn(statement: string, target: Target): string {
  return statement.replace(/\{([\w:]+)\}/g, (placeholder, name: string) => {
    if (name === 'database') return target.database;
    if (name === 'cluster') return target.cluster;
    if (name === 'retention_days') return String(target.retentionDays);
    const [kind, engine, column] = name.split(':');
    if (kind === 'engine' && engine !== undefined) return engineOf(engine, column, target.replicated);
    throw new PipelineError('MIGRATIONS', `${placeholder}: no such placeholder`);
  });
}

/** The server fills in its own shard, table and replica names. */
function engineOf(engine: string, column: string | undefined, replicated: boolean): string {
  const own = column === undefined ? [] : [column];
  const args = replicated ? ["'/clickhouse/tables/{shard}/{database}/{table}'", "'{replica}'", ...own] : own;
  return `${replicated ? 'Replicated' : ''}${engine}${args.length > 0 ? `(${args.join(', ')})` : ''}`;
}

/**
 * Which migrations a server still needs.
 *
 * @throws PipelineError `MIGRATION_CHANGED` when a file was changed after it had been applied.
 */
export function pending(
  migrations: readonly Migration[],
  applied: ReadonlyMap<number, { checksum: string }>,
): Migration[] {
  const changed = migrations.filter(({ version, checksum }) => {
    const before = applied.get(version);
    return before !== undefined && before.checksum !== checksum;
  });
  if (changed.length > 0) {
    throw new PipelineError(
      'MIGRATION_CHANGED',
      `${changed.map(({ name }) => name).join(', ')}: changed after being applied; write a new migration instead`,
    );
  }
  return migrations.filter(({ version }) => !applied.has(version));
}
