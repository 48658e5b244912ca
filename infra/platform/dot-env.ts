import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { projectRoot } from './paths.ts';

/** Takes the settings of the file `.env`, where there is one; what the environment says already wins. */
export function loadDotEnv(folder: string = projectRoot): void {
  const file = join(folder, '.env');
  if (existsSync(file)) loadEnvFile(file);
}
