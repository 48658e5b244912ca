import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import { javacProgram } from '../maven/java.ts';

const sources = fileURLToPath(new URL('./standin', import.meta.url));

/** The folder inside `folder` for the classes of these sources: another version of them gets another. */
export function classesFolder({ folder, classpath }: { folder: string; classpath: string }): string {
  const hash = createHash('sha256').update(classpath);
  for (const path of sourceFiles()) hash.update(readFileSync(path));
  return join(folder, `classes-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * Compiles the stand-in's Java into `classes`, unless that is there.
 *
 * @throws PipelineError `JAVAC`.
 */
export async function compileStandIn({
  classes,
  classpath,
}: {
  classes: string;
  classpath: string;
}): Promise<void> {
  if (existsSync(classes)) return;
  await mkdir(dirname(classes), { recursive: true });
  const unfinished = await mkdtemp(`${classes}.`);
  try {
    const options = ['-encoding', 'UTF-8', '--release', '17', '-cp', classpath, '-d', unfinished];
    await promisify(execFile)(javacProgram(), [...options, ...sourceFiles()]);
    await rename(unfinished, classes);
  } catch (error) {
    // Another start with the same sources may have been faster.
    if (existsSync(classes)) return;
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    throw new PipelineError(
      'JAVAC',
      code === 'ENOENT'
        ? 'The Java compiler (javac) is not installed; on Debian and Ubuntu: apt-get install openjdk-17-jdk-headless'
        : `The MongoDB stand-in cannot be compiled: ${stderr?.trim() || messageOf(error)}`,
    );
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function sourceFiles(): string[] {
  return readdirSync(sources)
    .filter((name) => name.endsWith('.java'))
    .sort()
    .map((name) => join(sources, name));
}
