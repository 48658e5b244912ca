import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A program of the JDK: that of JAVA_HOME, else the first on PATH. */
export function javaTool(name: string, env: NodeJS.ProcessEnv = process.env): string {
  return env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', name) : name;
}

/** What runs Java. */
export function javaProgram(env: NodeJS.ProcessEnv = process.env): string {
  return javaTool('java', env);
}

/** The feature release (17, 21, …) of the Java that would be run; undefined when there is none. */
export async function javaRelease(env: NodeJS.ProcessEnv = process.env): Promise<number | undefined> {
  try {
    const { stderr, stdout } = await promisify(execFile)(javaProgram(env), ['-version']);
    const release = /version "(\d+)/.exec(stderr + stdout)?.[1];
    return release === undefined ? undefined : Number(release);
  } catch {
    return undefined;
  }
}

/** The compiler beside it. */
export function javacProgram(env: NodeJS.ProcessEnv = process.env): string {
  return javaTool('javac', env);
}
