import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../paths.ts';
import { envExample, withSettings } from '../setting-tables.ts';
import { main } from './main.ts';

/** `make settings`: .env.example and the README's table, from the code. */
await main(async () => {
  const readme = join(projectRoot, 'README.md');
  writeFileSync(readme, withSettings(readFileSync(readme, 'utf8')));
  writeFileSync(join(projectRoot, '.env.example'), envExample());
});
