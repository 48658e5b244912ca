import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { PipelineError } from '../../../../shared/errors/index.ts';
import { EngineError } from '../engine/engine-error.ts';
import type { Credentials } from './request.ts';

/** 0: everything; 1: reads only; 2: reads, and settings of its own (what dashboards need). */
export type Readonly = 0 | 1 | 2;

export interface User {
  name: string;
  password: string;
  readonly: Readonly;
}

const usersFile = z.object({
  users: z.record(
    z.string().min(1),
    z.strictObject({
      password: z.string().default(''),
      readonly: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(2),
    }),
  ),
});

/**
 * Who may ask: the user of the settings with all rights, `readonly` with the same password, and those of the
 * YAML file, which may replace either: `users: {grafana: {password: …, readonly: 2}}`.
 *
 * @throws PipelineError `USERS_FILE` when the file is not of that form.
 */
export function readUsers({
  user,
  password,
  file,
}: {
  user: string;
  password: string;
  file?: string | undefined;
}): readonly User[] {
  const users = new Map<string, User>([
    ['readonly', { name: 'readonly', password, readonly: 2 }],
    [user, { name: user, password, readonly: 0 }],
  ]);
  if (file !== undefined) {
    try {
      for (const [name, given] of Object.entries(usersFile.parse(parse(readFileSync(file, 'utf8'))).users)) {
        users.set(name, { name, ...given });
      }
    } catch (cause) {
      const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
      throw new PipelineError('USERS_FILE', `CLICKHOUSE_USERS_FILE ${file}: ${reason}`, { cause });
    }
  }
  return [...users.values()];
}

/** @throws EngineError 516 when there is no such user or the password is another: which of both is not told. */
export function authenticate(users: readonly User[], { user, password }: Credentials): User {
  const found = users.find(({ name }) => name === user);
  if (found !== undefined && same(found.password, password)) return found;
  throw new EngineError(
    516,
    'AUTHENTICATION_FAILED',
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
}

function same(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
