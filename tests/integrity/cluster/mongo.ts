import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import type { MongoCluster, Server } from './mongo-cluster.ts';
import type { Answered } from './questions.ts';
import type { Stand } from './stand.ts';
import { watchClickhouse } from './stores.ts';

const downMs = 10_000;

/** The first shard's primary steps down; then a secondary is killed (-9) and stays away for ten seconds, then the primary. */
export async function playMongo(stand: Stand, cluster: MongoCluster): Promise<void> {
  const { watched, episode } = stand;
  const close = watchClickhouse(stand);
  const back = `back after ${downMs / 1000} s`;
  try {
    await watched.flowing();
    await episode('nothing is done', async () => {});
    await episode('the primary steps down', async () => {
      const before = await cluster.primary();
      // `rs.stepDown()`; it may cut the connection that asks for it.
      await cluster.ask(before, { replSetStepDown: 60, secondaryCatchUpPeriodSecs: 10 }).catch(() => {});
      if ((await cluster.primary()) === before) throw new Error(`${before.part.name} did not step down`);
    });
    await episode(`kill -9 of a secondary, ${back}`, async () => {
      const primary = await cluster.primary();
      await cluster.kill(cluster.members.find((member) => member !== primary) as Server, downMs);
    });
    await episode(`kill -9 of the primary, ${back}`, async () => {
      await cluster.kill(await cluster.primary(), downMs);
    });
  } finally {
    await close();
  }
}

/** Whether mongos asks one shard for the events of a user, and both for all events, as `explain` says. */
export async function explainLookUps(settings: Settings): Promise<Answered[]> {
  const mongo = createMongo(settings);
  const shardsOf = async (filter: { user_id?: number }) => {
    const plan = await mongo.events().find(filter).sort({ timestamp: -1 }).limit(3).explain('queryPlanner');
    return plan.queryPlanner.winningPlan.shards.length as number;
  };
  try {
    const [one, all] = [await shardsOf({ user_id: 12_345 }), await shardsOf({})];
    return [
      { path: 'explain: shards asked for the events of a user', rows: one, exact: one === 1 },
      { path: 'explain: shards asked for all events', rows: all, exact: all === 2 },
    ];
  } finally {
    await mongo.close();
  }
}
