import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documents } from './documents.ts';

const root = new URL('../../', import.meta.url);
const files = Object.entries(documents()).map(([name, text]) => {
  const file = new URL(`docs/${name}`, root);
  mkdirSync(new URL('./', file), { recursive: true });
  writeFileSync(file, text);
  return fileURLToPath(file);
});
execFileSync(fileURLToPath(new URL('node_modules/.bin/biome', root)), ['format', '--write', ...files], {
  stdio: 'inherit',
});
