import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');

/** Top folders, and what each may import from another. A template's folder travels into images with shared/ alone. */
const mayImport: Record<string, readonly string[]> = {
  functions: ['shared'],
  infra: ['shared'],
  shared: [],
  template: ['shared/errors', 'shared/log', 'shared/metrics', 'shared/batch', 'shared/trace'],
};

/** `from '…'`, `import('…')`, `import '…'` with a relative path. */
const importing = /(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

function violations(file: string, source: string): string[] {
  const top = file.split('/')[0] ?? '';
  const allowed = mayImport[top];
  if (!allowed) return [];
  return [...source.matchAll(importing)].flatMap(([, path = '']) => {
    const target = relative('.', join(dirname(file), path));
    const inside = target.split('/')[0] === top;
    return inside || allowed.some((folder) => target.startsWith(`${folder}/`))
      ? []
      : [`${file} imports ${target}`];
  });
}

test('functions import shared, infra imports shared, shared imports neither, nobody imports functions', () => {
  const files = globSync('{functions,infra,shared,template}/**/*.ts', {
    cwd: root,
    exclude: (name) => name.includes('node_modules'),
  });
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

test('a function imports nothing of another function', () => {
  const files = globSync('functions/*/**/*.ts', { cwd: root });
  const crossing = files.flatMap((file) => {
    const own = file.split('/').slice(0, 2).join('/');
    const source = readFileSync(join(root, file), 'utf8');
    return [...source.matchAll(importing)]
      .map(([, path = '']) => join(dirname(file), path))
      .filter((target) => target.startsWith('functions/') && !target.startsWith(`${own}/`))
      .map((target) => `${file} imports ${target}`);
  });
  expect(crossing).toEqual([]);
});

test('the rule sees what it must see', () => {
  const source = `import { a } from '../../functions/query/a.ts';\nexport { b } from "../platform/b.ts";\nawait import('../../infra/x.ts');`;
  expect(violations('infra/gateway/x.ts', source)).toEqual([
    'infra/gateway/x.ts imports functions/query/a.ts',
  ]);
  expect(violations('shared/log/x.ts', source)).toEqual(
    [
      'shared/log/x.ts imports functions/query/a.ts',
      'shared/log/x.ts imports infra/x.ts',
      'shared/log/x.ts imports shared/platform/b.ts',
    ].filter((line) => !line.includes('shared/platform')),
  );
});
