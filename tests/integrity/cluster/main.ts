import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { thisMachine } from '../../../infra/platform/benchmark/machine.ts';
import { bringDown } from '../../../infra/platform/bring-down.ts';
import { projectRoot } from '../../../infra/platform/paths.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import { type Shards, startShards } from '../../integration/shards/three-shards.ts';
import { chaosEnvironment, temporaryDataDir } from '../chaos/environment.ts';
import { list, number } from '../chaos/options.ts';
import { createRandom, shuffled } from '../chaos/random.ts';
import { playBrokers } from './brokers.ts';
import { explainLookUps, playMongo } from './mongo.ts';
import { findPrograms, startMongoCluster } from './mongo-cluster.ts';
import { playPartitions } from './partitions.ts';
import { type Answered, askQuestions } from './questions.ts';
import { renderPage } from './report.ts';
import { isExact, keepRun, type PartName, parts, type Run, runOf, type Skipped } from './run.ts';
import { addresses, playShards } from './shards.ts';
import { type Result, runStand, type StandOptions } from './stand.ts';

/**
 * `make chaos-cluster`: CHAOS_PARTS (brokers, shards, partitions, mongo) chooses, CHAOS_SEED the order and the events, CHAOS_RATE
 * (10000) events a second, CHAOS_SETTLE (30) seconds of load after each fault. Each part takes the place of its last run in
 * CHAOS_REPORT (.pipeline/reports/chaos-cluster.json), and the page beside it is made anew. Exit code 1 if anything is lost
 * or doubled, or an answer of `query` is not exact.
 */
const seed = number('CHAOS_SEED', 1);
const rate = number('CHAOS_RATE', 10_000);
const settleSeconds = number('CHAOS_SETTLE', 30);
const wanted = list('CHAOS_PARTS', parts) ?? parts;
const reportFile = resolve(projectRoot, process.env.CHAOS_REPORT || '.pipeline/reports/chaos-cluster.json');
const page = reportFile.replace(/\.json$/, '.md');

const mongoPrograms = findPrograms(platformSettings());

const order = (count: number, first: number) =>
  shuffled(
    Array.from({ length: count }, (_, i) => first + i),
    createRandom(seed),
  );

const plays: Record<PartName, (options: StandOptions) => Promise<{ result: Result; answers: Answered[] }>> = {
  brokers: async (options) => ({
    result: await runStand(options, (stand) => playBrokers(stand, order(3, 1))),
    answers: [],
  }),
  partitions: async ({ env, ...options }) => ({
    result: await runStand({ ...options, env: { ...env, EVENTS_PARTITIONS: '6' } }, playPartitions),
    answers: [],
  }),
  async shards(options) {
    const shards: Shards = await startShards(3);
    try {
      // A route of each of the four has a partition.
      const env = { ...options.env, CLICKHOUSE_URL: addresses(shards), EVENTS_PARTITIONS: '6' };
      let answers: Answered[] = [];
      const result = await runStand(
        { ...options, env },
        (stand) => playShards(stand, shards, order(3, 0)),
        async ({ cluster, settings }) => {
          await shards.joinTables();
          answers = await askQuestions(cluster, settings);
        },
      );
      return { result, answers };
    } finally {
      await shards.close();
    }
  },
  async mongo(options) {
    if (typeof mongoPrograms === 'string') throw new Error(mongoPrograms);
    const mongo = await startMongoCluster(
      mongoPrograms,
      join(options.env.DATA_DIR as string, 'mongo-cluster'),
    );
    try {
      const env = { ...options.env, MONGODB_URI: mongo.uri };
      let answers: Answered[] = [];
      const result = await runStand(
        { ...options, env },
        (stand) => playMongo(stand, mongo),
        async ({ cluster, settings }) => {
          answers = [...(await askQuestions(cluster, settings)), ...(await explainLookUps(settings))];
        },
      );
      return { result, answers };
    } finally {
      await mongo.close();
    }
  },
};

async function runPart(part: PartName): Promise<Run> {
  console.log(`CHAOS_PARTS=${part} CHAOS_SEED=${seed} CHAOS_RATE=${rate} CHAOS_SETTLE=${settleSeconds}`);
  const at = new Date().toISOString();
  const dataDir = temporaryDataDir(`chaos-${part}`);
  const env = await chaosEnvironment({ dataDir, brokers: part === 'shards' || part === 'mongo' ? 1 : 3 });
  const outer = process.env;
  let green = false;
  try {
    const options = { env, seed, rate, settleSeconds, onLine: (line: string) => console.log(line) };
    const { result, answers } = await plays[part](options);
    const run = runOf(result, { part, at, machine: thisMachine(), seed, rate, answers });
    for (const { examples } of [result.proof.transform, result.proof.mongodb, result.proof.clickhouse]) {
      for (const example of examples) console.log(example);
    }
    green = isExact(run);
    return run;
  } finally {
    await bringDown(platformSettings());
    process.env = outer;
    if (green) rmSync(dataDir, { recursive: true });
    else console.log(`the data is in ${dataDir}`);
  }
}

function skip(part: PartName, skipped: string): Skipped {
  console.log(`CHAOS_PARTS=${part} skipped: ${skipped}`);
  return { part, at: new Date().toISOString(), skipped };
}

let exact = true;
for (const part of wanted) {
  const run =
    part === 'mongo' && typeof mongoPrograms === 'string' ? skip(part, mongoPrograms) : await runPart(part);
  if (!('skipped' in run)) exact &&= isExact(run);
  writeFileSync(page, renderPage(keepRun(reportFile, run)));
  console.log(`\n${renderPage([run])}`);
}
console.log(`Written to ${page}.`);
process.exit(exact ? 0 : 1);
