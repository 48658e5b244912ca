/**
 * Writes an engine's `jars.json` anew: resolves `roots` with everything they need at run time, without `leftOut`,
 * and records the checksum of each file. For whoever raises a version:
 *
 *     node infra/embedded/maven/pin.ts infra/embedded/kafka/jars.json
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import type { Jar } from './jars.ts';

interface Pinned {
  roots: string[];
  /** `group:artifact` of what the engine runs without. */
  leftOut: string[];
  jars: Jar[];
}

const file = process.argv[2];
if (file === undefined) throw new Error('usage: node infra/embedded/maven/pin.ts <jars.json>');
const pinned: Pinned = JSON.parse(readFileSync(file, 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'pin-'));
try {
  const parts = (coordinates: string) => {
    const [groupId, artifactId, version, classifier] = coordinates.split(':');
    return Object.entries({ groupId, artifactId, version, classifier })
      .filter(([, value]) => value)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('');
  };
  const exclusions = pinned.leftOut.map((left) => `<exclusion>${parts(left)}</exclusion>`).join('');
  const dependencies = pinned.roots
    .map((root) => `<dependency>${parts(root)}<exclusions>${exclusions}</exclusions></dependency>`)
    .join('');
  writeFileSync(
    join(folder, 'pom.xml'),
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
      '<groupId>pipeline</groupId><artifactId>pin</artifactId><version>1</version>' +
      `<dependencies>${dependencies}</dependencies></project>`,
  );
  execFileSync(
    'mvn',
    [
      '-B',
      '-q',
      '-f',
      join(folder, 'pom.xml'),
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
      '-DincludeScope=runtime',
      '-Dmdep.useRepositoryLayout=true',
      `-DoutputDirectory=${join(folder, 'out')}`,
    ],
    { stdio: 'inherit' },
  );
  const out = join(folder, 'out');
  const jars = readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.jar'))
    .map((path): Jar => {
      const steps = path.split(sep);
      const [artifact, version, name] = steps.slice(-3) as [string, string, string];
      const classifier = name.slice(`${artifact}-${version}`.length, -'.jar'.length).replace(/^-/, '');
      const bytes = readFileSync(join(out, path));
      return {
        coordinates: [steps.slice(0, -3).join('.'), artifact, version, classifier].filter(Boolean).join(':'),
        sha256: createHash('sha256').update(bytes).digest('hex'),
        bytes: bytes.length,
      };
    })
    .sort((a, b) => a.coordinates.localeCompare(b.coordinates));
  writeFileSync(file, `${JSON.stringify({ ...pinned, jars }, null, 2)}\n`);
  console.log(`${jars.length} jars, ${Math.round(jars.reduce((sum, jar) => sum + jar.bytes, 0) / 1e6)} MB`);
} finally {
  rmSync(folder, { recursive: true });
}
