import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { PipelineError } from '../../../shared/errors/index.ts';

/** One pinned file of Maven's world. */
export interface Jar {
  /** `group:artifact:version` or `group:artifact:version:classifier`. */
  coordinates: string;
  /** Hex. */
  sha256: string;
  bytes: number;
}

export interface JarProgress {
  /** Name of the file that has just arrived. */
  file: string;
  filesDone: number;
  filesTotal: number;
  bytesDone: number;
  bytesTotal: number;
}

const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** `artifact-version[-classifier].jar`, the name a jar has in its folder. */
export function fileName({ coordinates }: Jar): string {
  return `${coordinates.split(':').slice(1).join('-')}.jar`;
}

/** The classpath of these jars in `directory`, in their pinned order. */
export function classpath(jars: readonly Jar[], directory: string): string {
  return jars.map((jar) => join(directory, fileName(jar))).join(':');
}

/** Those of `jars` that are not in `directory`, or are there with other bytes than the pinned ones. */
export async function missingJars(jars: readonly Jar[], directory: string): Promise<Jar[]> {
  const missing: Jar[] = [];
  for (const jar of jars) {
    if ((await sha256Of(join(directory, fileName(jar)))) !== jar.sha256) missing.push(jar);
  }
  return missing;
}

/**
 * Brings the pinned jars into `directory`, through the machine's own `mvn`, so that the mirrors and proxies
 * configured there are used. What is there already with the right checksum is not fetched again.
 *
 * @returns how many files were fetched.
 * @throws PipelineError `DOWNLOAD` when Maven fails, `CHECKSUM` when a file is not the pinned one
 *   (it is then not put in place).
 */
export async function downloadJars({
  jars,
  directory,
  program = 'mvn',
  onProgress = () => {},
}: {
  jars: readonly Jar[];
  directory: string;
  program?: string;
  onProgress?: (progress: JarProgress) => void;
}): Promise<number> {
  const missing = await missingJars(jars, directory);
  if (missing.length === 0) return 0;
  await mkdir(directory, { recursive: true });
  // Beside its final place: a rename is atomic only within one file system.
  const incoming = await mkdtemp(join(directory, '.incoming-'));
  try {
    await writeFile(join(incoming, 'pom.xml'), projectFile(missing));
    await runMaven({ program, incoming, jars: missing, onProgress });
    for (const jar of missing) {
      const found = await sha256Of(join(incoming, fileName(jar)));
      if (found !== jar.sha256) {
        throw new PipelineError(
          'CHECKSUM',
          `${jar.coordinates} is not the file this version was tested with: sha256 ${found ?? 'none, it is missing'} instead of ${jar.sha256}. ` +
            'Remove it from the local Maven repository and try again; if it stays so, the mirror in use serves another file.',
        );
      }
    }
    for (const jar of missing) await rename(join(incoming, fileName(jar)), join(directory, fileName(jar)));
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
  return missing.length;
}

async function runMaven({
  program,
  incoming,
  jars,
  onProgress,
}: {
  program: string;
  incoming: string;
  jars: readonly Jar[];
  onProgress: (progress: JarProgress) => void;
}): Promise<void> {
  const waiting = new Map(jars.map((jar) => [fileName(jar), jar.bytes]));
  const bytesTotal = jars.reduce((sum, jar) => sum + jar.bytes, 0);
  let bytesDone = 0;
  const problems: string[] = [];
  const maven = spawn(
    program,
    ['-B', '-f', join(incoming, 'pom.xml'), copyGoal, `-DoutputDirectory=${incoming}`, '-Dstyle.color=never'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const arrived = (line: string) => {
    // `Downloaded from <mirror>: <address>/<file> (…)` when fetched, `Copying <file> to …` in any case.
    const file = /(?:Downloaded from .*\/|Copying )([^/\s]+\.jar)\b/.exec(line)?.[1];
    const bytes = file === undefined ? undefined : waiting.get(file);
    if (file === undefined || bytes === undefined) return;
    waiting.delete(file);
    bytesDone += bytes;
    onProgress({
      file,
      filesDone: jars.length - waiting.size,
      filesTotal: jars.length,
      bytesDone,
      bytesTotal,
    });
  };
  createInterface({ input: maven.stdout }).on('line', (line) => {
    arrived(line);
    if (line.startsWith('[ERROR]') && problems.length < 3) problems.push(line.slice('[ERROR]'.length).trim());
  });
  maven.stderr.resume();
  const code = await new Promise<number | string>((resolve) => {
    maven.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    maven.on('close', (exitCode, signal) => resolve(exitCode ?? signal ?? 'unknown'));
  });
  if (code === 0) return;
  throw new PipelineError(
    'DOWNLOAD',
    code === 'ENOENT'
      ? 'Maven (mvn) is not installed; on Debian and Ubuntu: apt-get install maven'
      : `Maven could not fetch ${waiting.size} of ${jars.length} jars (${code}): ${problems.join(' ')}`,
    { retriable: code !== 'ENOENT' },
  );
}

/** A project whose only dependencies are the given jars: what those depend on is in our list or left out on purpose. */
function projectFile(jars: readonly Jar[]): string {
  const dependencies = jars.map(({ coordinates }) => {
    const [group, artifact, version, classifier] = coordinates.split(':');
    return (
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>` +
      (classifier ? `<classifier>${classifier}</classifier>` : '') +
      '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>'
    );
  });
  return (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
    '<groupId>pipeline</groupId><artifactId>jars</artifactId><version>1</version>' +
    `<dependencies>${dependencies.join('')}</dependencies></project>\n`
  );
}

async function sha256Of(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}
