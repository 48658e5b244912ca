import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inOrder } from '../../../infra/embedded/clickhouse/token-log/log-file.ts';
import { startTestServer, type TestServer } from './server.ts';
import { counts, expectedCounts, insert, schema, tableFolders } from './token-kills.ts';

// What a kill between token and rows leaves behind, made by hand: the token is in the log, the part is not there.

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  for (const statement of schema) await server.sql(statement);
  await server.sql('SYSTEM STOP MERGES');
}, 120_000);
afterAll(() => server?.dispose(), 120_000);

/** Removes the youngest part of a stopped server's table. */
function removeLastPart(folder: string): void {
  const last = readdirSync(folder)
    .filter((name) => /^\w+_\d+_\d+_\d+$/.test(name) && !name.startsWith('tmp'))
    .sort((a, b) => Number(a.split('_')[1]) - Number(b.split('_')[1]))
    .at(-1) as string;
  rmSync(join(folder, last), { recursive: true });
}

const withoutRepair = join(import.meta.dirname, 'without-repair.ts');

test('a retry brings back the rows that a token stands for; without the repair they stay lost', async () => {
  for (let number = 0; number < 4; number++) await insert(server, number);
  const folders = await tableFolders(server);
  await server.stop();
  for (const folder of folders) removeLastPart(folder);

  await server.start({ main: withoutRepair });
  await insert(server, 3);
  const lost = await counts(server);
  expect(lost).not.toEqual(expectedCounts(4));
  await server.stop();

  await server.start();
  await insert(server, 3);
  expect(await counts(server)).toEqual(expectedCounts(4));
}, 120_000);

test('what was there is still known: repetitions after a restart add nothing', async () => {
  await server.restart();
  for (let number = 0; number < 4; number++) await insert(server, number);
  expect(await counts(server)).toEqual(expectedCounts(4));
}, 120_000);

test('tokens of merged parts are kept, also when the merged-away parts are gone', async () => {
  for (const table of ['raw', 'minutes', 'days']) await server.sql(`OPTIMIZE TABLE ${table} FINAL`);
  const folders = await tableFolders(server);
  await server.stop();
  for (const folder of folders) {
    for (const name of readdirSync(folder)) {
      const [, min, max] = /^\d+_(\d+)_(\d+)_\d+$/.exec(name) ?? [];
      if (min !== undefined && min === max && readdirSync(folder).some((other) => covers(other, name))) {
        rmSync(join(folder, name), { recursive: true });
      }
    }
  }
  await server.start();
  for (let number = 0; number < 4; number++) await insert(server, number);
  expect(await counts(server)).toEqual(expectedCounts(4));
}, 120_000);

test('half a record at the end of a log is cut off, and what follows is remembered', async () => {
  const folders = await tableFolders(server);
  await server.stop();
  for (const folder of folders) {
    const logs = join(folder, 'deduplication_logs');
    appendFileSync(join(logs, inOrder(readdirSync(logs)).at(-1) as string), '1\t202611_99_9');
  }
  await server.start();
  await insert(server, 4);
  await server.restart();
  for (let number = 0; number < 5; number++) await insert(server, number);
  expect(await counts(server)).toEqual(expectedCounts(5));
}, 120_000);

function covers(part: string, other: string): boolean {
  const [, min = 0, max = 0] = part.split('_').map(Number);
  const [, otherMin = 0, otherMax = 0] = other.split('_').map(Number);
  return part.split('_')[0] === other.split('_')[0] && part !== other && min <= otherMin && max >= otherMax;
}
