import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  classpath,
  downloadJars,
  fileName,
  type Jar,
  missingJars,
} from '../../../infra/embedded/maven/jars.ts';

const jar = (coordinates: string, content: string): Jar => ({
  coordinates,
  sha256: createHash('sha256').update(content).digest('hex'),
  bytes: content.length,
});
const jars = [jar('org.example:one:1.0', 'first'), jar('org.example:two:2.0:linux', 'second')];

describe('jars', () => {
  let folder: string;
  let directory: string;
  let program: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'jars-'));
    directory = join(folder, 'downloads');
    program = join(folder, 'mvn');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** An `mvn` that puts `files` where it is told to, and counts its calls. */
  function pretendMaven(files: Record<string, string>, exitCode = 0): void {
    const copies = Object.entries(files).map(
      ([name, content]) =>
        `printf '${content}' > "$out/${name}"; echo "Downloaded from mirror: https://mirror/${name} (6 B at 1 B/s)"`,
    );
    writeFileSync(
      program,
      `#!/bin/sh\nfor a in "$@"; do case $a in -DoutputDirectory=*) out=\${a#*=};; esac; done\n` +
        `echo x >> ${join(folder, 'calls')}\n${copies.join('\n')}\n` +
        `[ ${exitCode} = 0 ] || echo '[ERROR] no such thing'\nexit ${exitCode}\n`,
    );
    chmodSync(program, 0o755);
  }

  test('are named and ordered as they are pinned', () => {
    expect(jars.map(fileName)).toEqual(['one-1.0.jar', 'two-2.0-linux.jar']);
    expect(classpath(jars, '/d')).toBe('/d/one-1.0.jar:/d/two-2.0-linux.jar');
  });

  test('are fetched once, with progress, and verified', async () => {
    pretendMaven({ 'one-1.0.jar': 'first', 'two-2.0-linux.jar': 'second' });
    const progress: number[] = [];
    expect(
      await downloadJars({ jars, directory, program, onProgress: (p) => progress.push(p.bytesDone) }),
    ).toBe(2);
    expect(progress).toEqual([5, 11]);
    expect(await downloadJars({ jars, directory, program })).toBe(0);
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('x\n');
    expect(readdirSync(directory).sort()).toEqual(['one-1.0.jar', 'two-2.0-linux.jar']);
  });

  test('with other bytes than the pinned ones are refused and not put in place', async () => {
    pretendMaven({ 'one-1.0.jar': 'first', 'two-2.0-linux.jar': 'forged' });
    await expect(downloadJars({ jars, directory, program })).rejects.toMatchObject({ code: 'CHECKSUM' });
    expect(existsSync(join(directory, 'two-2.0-linux.jar'))).toBe(false);
  });

  test('that were damaged since are fetched anew', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'one-1.0.jar'), 'first');
    writeFileSync(join(directory, 'two-2.0-linux.jar'), 'sec');
    expect(await missingJars(jars, directory)).toEqual([jars[1]]);
  });

  test('that Maven cannot get are told with its words', async () => {
    pretendMaven({}, 1);
    await expect(downloadJars({ jars, directory, program })).rejects.toMatchObject({
      code: 'DOWNLOAD',
      message: expect.stringContaining('no such thing'),
    });
  });

  test('without Maven the message says what to install', async () => {
    await expect(downloadJars({ jars, directory, program })).rejects.toThrow('apt-get install maven');
  });
});
