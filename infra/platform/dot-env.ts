import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { projectRoot } from './paths.ts';

/** Takes the settings of the file `.env`, where there is one; what the environment says already wins. */
export function loadDotEnv({
  folder = projectRoot,
  env = process.env,
}: {
  folder?: string;
  env?: NodeJS.ProcessEnv;
} = {}): void {
  let text: string;
  try {
    text = readFileSync(join(folder, '.env'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const [name, value] of Object.entries(parseEnv(text))) env[name] ??= value;
}
