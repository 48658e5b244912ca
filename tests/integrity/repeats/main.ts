import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bringDown } from '../../../infra/platform/bring-down.ts';
import { bringUp } from '../../../infra/platform/bring-up.ts';
import { pathsOf } from '../../../infra/platform/paths.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import { untilDrained } from '../../../infra/platform/proof/drained.ts';
import { prove, wholeLog } from '../../../infra/platform/proof/proof.ts';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { chaosEnvironment, temporaryDataDir } from '../chaos/environment.ts';
import { processesOf } from '../chaos/processes.ts';
import { repeatedEvents } from './events.ts';

/**
 * Each of REPEATS_EVENTS events is sent three times, by other users, while what claims, transforms and delivers is
 * killed in turn and the keeper's folder is lost; then all are sent once more. Exit code 1 unless each is everywhere once.
 */
const count = Number(process.env.REPEATS_EVENTS || 20_000);
const perRequest = 1000;
const killed = ['claims', 'transform', 'connector'] as const;

const dataDir = temporaryDataDir('repeats');
Object.assign(process.env, await chaosEnvironment({ dataDir, brokers: 1 }));
const settings = platformSettings();
const cluster = createCluster({ bootstrapServers: settings.kafkaBootstrapServers, clientId: 'repeats' });
const store = join(pathsOf(settings).data, 'claims', 'store');
let green = false;

/** Kills every process of a role, once there is one. */
async function kill(role: (typeof killed)[number]): Promise<void> {
  const pids = await eventually(async () => {
    const found = await processesOf(settings, role);
    if (found.length === 0) throw new Error(`no process of ${role} to kill`);
    return found;
  });
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  console.log(`killed ${role}`);
}

async function send(events: object[], between: (request: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < events.length; i += perRequest) {
    await eventually(async () => {
      const answer = await fetch(`${settings.gatewayUrl}/function/ingest`, {
        method: 'POST',
        body: JSON.stringify(events.slice(i, i + perRequest)),
      });
      if (answer.status !== 202) throw new Error(`ingest answered ${answer.status}: ${await answer.text()}`);
    });
    await between(i / perRequest);
  }
}

async function check(what: string): Promise<boolean> {
  await untilDrained(cluster, settings);
  const proof = await prove(cluster, settings, await wholeLog(cluster, settings));
  const { raw, clean, duplicates, mongodb, clickhouse, rollups, lost, doubled } = proof;
  const found = { raw, clean, duplicates, mongodb: mongodb.found, clickhouse: clickhouse.found };
  console.log(`${what}: ${JSON.stringify({ ...found, lost, doubled })}`);
  for (const { examples } of [proof.transform, mongodb, clickhouse])
    for (const each of examples) console.log(each);
  const counts = [clean, mongodb.found, clickhouse.found, rollups[0]?.found];
  return lost + doubled === 0 && duplicates === raw - count && counts.every((each) => each === count);
}

try {
  // What it did is kept when it breaks off; a busy machine may need longer than it waits.
  await eventually(() => bringUp(settings), { timeoutMs: 300_000 });
  const events = repeatedEvents({ count, copies: 3, seed: 1 });
  const half = Math.floor(events.length / perRequest / 2);
  let turn = 0;
  await send(events, async (request) => {
    if (request === half) {
      rmSync(store, { recursive: true });
      await kill('claims');
      console.log('the folder of claims is lost');
    } else if (request % 5 === 4) {
      await kill(killed[turn++ % killed.length] as (typeof killed)[number]);
    }
  });
  const first = await check('each sent three times');
  rmSync(store, { recursive: true });
  await kill('claims');
  await send(repeatedEvents({ count, copies: 1, seed: 2 }), async () => {});
  const second = await check('and once more, after the folder was lost again');
  green = first && second;
} finally {
  await cluster.close();
  await bringDown(settings);
  if (green) rmSync(dataDir, { recursive: true });
  else console.log(`the data is in ${dataDir}`);
}
console.log(green ? 'each event is everywhere once' : 'NOT every event is everywhere once');
process.exit(green ? 0 : 1);
