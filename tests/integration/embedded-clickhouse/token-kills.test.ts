import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestServer, type TestServer } from './server.ts';
import {
  counts,
  expectedCounts,
  insert,
  killAtToken,
  lostOf,
  schema,
  seeded,
  tableFolders,
} from './token-kills.ts';

// TOKEN_KILLS=300 for the long run.
const kills = Number(process.env.TOKEN_KILLS ?? 6);
const seed = Number(process.env.TOKEN_KILLS_SEED ?? 1);

// Between a token and its part lie some 50 µs. Where strace may be used, it stretches them to 20 ms, and every
// kill falls into them; elsewhere some do.
const stretchMs = 20;
const strace = `strace -D -f --seccomp-bpf -o /dev/null -e trace=rename -e inject=rename:delay_enter=${stretchMs * 1000}`;
const wrapper = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0 ? strace.split(' ') : [];
const longestDelayMicros = wrapper.length > 0 ? stretchMs * 900 : 60;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ wrapper });
  for (const statement of schema) await server.sql(statement);
}, 120_000);
afterAll(() => server?.dispose(), 120_000);

test(
  `${kills} kills between token and rows: retries with the same token lose and double nothing`,
  async () => {
    const random = seeded(seed);
    let number = 0;
    let unacknowledged = 0;
    let tokensWithoutRows = 0;
    for (let kill = 0; kill < kills; kill++) {
      const folders = await tableFolders(server);
      await insert(server, number++);
      const folder = folders[Math.floor(random() * folders.length)] as string;
      await killAtToken(server, { folder, delayMicros: Math.floor(random() * longestDelayMicros) });
      let acknowledged = true;
      await insert(server, number).catch(() => {
        acknowledged = false;
      });
      await server.ended();
      tokensWithoutRows += folders.reduce((sum, path) => sum + lostOf(path), 0);
      await server.start();
      if (!acknowledged) {
        unacknowledged++;
        await insert(server, number);
      }
      number++;
    }
    const result = await counts(server);
    console.log({ seed, kills, stretched: wrapper.length > 0, unacknowledged, tokensWithoutRows, ...result });
    expect(result).toEqual(expectedCounts(number));
    expect(unacknowledged).toBeGreaterThan(0);
    if (wrapper.length > 0) expect(tokensWithoutRows).toBeGreaterThan(0);
  },
  60_000 + kills * 10_000,
);
