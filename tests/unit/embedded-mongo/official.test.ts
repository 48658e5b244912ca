import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { findMongod } from '../../../infra/embedded/mongo/mongod.ts';
import { fetchMongod, mongodVersion, officialMongod } from '../../../infra/embedded/mongo/official.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'mongod-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
const found = () => findMongod({ mongodBinary: undefined, dataDir }, { PATH: '/nowhere' });

/** Hands over a script in place of the server. */
const handing = (script: string) => ({
  getPath: async ({ version, downloadDir }: { version: string; downloadDir: string }) => {
    const file = join(downloadDir, `mongod-x64-${version}`);
    writeFileSync(file, script);
    return file;
  },
});

test('a server that cannot be fetched: says why, and what goes on', async () => {
  const binaries = { getPath: () => Promise.reject(new Error('403 Forbidden')) };
  await expect(fetchMongod({ dataDir }, { binaries })).rejects.toThrow(
    new RegExp(`mongod ${mongodVersion} cannot be fetched .*403 Forbidden[^]*stand-in goes on`),
  );
  expect(found()).toBeUndefined();
});

test('a server that does not run here is not kept', async () => {
  const binaries = handing('#!/bin/sh\nexit 1\n');
  await expect(fetchMongod({ dataDir }, { binaries })).rejects.toThrow(/does not run on this machine/);
  expect(found()).toBeUndefined();
});

test('a server that was fetched is the one that runs, unless another is on PATH', async () => {
  const binaries = handing('#!/bin/sh\necho db version v1.2.3\n');
  await expect(fetchMongod({ dataDir }, { binaries })).resolves.toBe('db version v1.2.3');
  expect(found()).toBe(officialMongod({ dataDir }));
  expect(existsSync(join(dataDir, 'downloads', 'mongod', 'unfinished'))).toBe(false);
  writeFileSync(join(dataDir, 'mongod'), '#!/bin/sh\n', { mode: 0o755 });
  expect(findMongod({ mongodBinary: undefined, dataDir }, { PATH: dataDir })).toBe(join(dataDir, 'mongod'));
});
