import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type Counts,
  closingLine,
  countsOf,
  type JestResults,
  skippedTests,
  sum,
} from './support/closing-line.ts';

/**
 * `make test`: types, style, then all suites; the ones that start whole platforms come last. Prints one
 * closing line, `N passed, N failed, N skipped`; exit code 1 unless nothing failed.
 */
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'event-pipeline-results-'));
const skipped: string[] = [];

const counts = [
  check('types', ['tsc', '--noEmit']),
  check('style', ['biome', 'check', '--error-on-warnings', '.']),
  check('cost of an event', ['node', 'tests/guard/main.ts']),
  suites('fast', ['--selectProjects', 'unit', 'integration', '--maxWorkers=2']),
  suites('whole', ['--selectProjects', 'integrity', 'e2e', '--maxWorkers=2']),
];
rmSync(folder, { recursive: true, force: true });

if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((name) => `  ${name}`).join('\n')}`);
const total = sum(counts);
console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;

function check(name: string, [program = '', ...args]: string[]): Counts {
  console.log(`\n# ${name}`);
  const { status } = spawnSync(join(root, 'node_modules/.bin', program), args, {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

function suites(name: string, args: string[]): Counts {
  console.log(`\n# ${args.filter((arg) => !arg.startsWith('--')).join(', ')}`);
  const outputFile = join(folder, `${name}.json`);
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--passWithNoTests',
      '--json',
      `--outputFile=${outputFile}`,
      ...args,
    ],
    // The results go to the file; what --json prints to stdout is the same again.
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (!existsSync(outputFile)) return { passed: 0, failed: 1, skipped: 0 };
  const results: JestResults = JSON.parse(readFileSync(outputFile, 'utf8'));
  skipped.push(...skippedTests(results));
  const found = countsOf(results);
  // Jest itself failed, in its set-up for instance.
  return status !== 0 && found.failed === 0 ? { ...found, failed: 1 } : found;
}
