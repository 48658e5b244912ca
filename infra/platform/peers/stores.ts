import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { projectRoot } from '../paths.ts';

/** Events in each store. */
export interface Stored {
  mongodb: number;
  clickhouse: number;
}

/**
 * Does `work` with an empty table and an empty collection of a database of that name in both stores, counts what is in
 * them then, and drops both.
 */
export async function withEmptyStores<T>(
  settings: Settings,
  database: string,
  work: () => Promise<T>,
): Promise<{ outcome: T; stored: Stored }> {
  const clickhouse = createClickHouse(settings, { database: 'default' });
  const client = clickhouse.shards[0]?.replicas[0];
  if (client === undefined) throw new PipelineError('CLICKHOUSE', 'CLICKHOUSE_URL names no server');
  const mongo = new MongoClient(settings.mongodbUri);
  const drop = async () => {
    await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
    await mongo.db(database).dropDatabase();
  };
  try {
    await drop();
    await client.command({ query: `CREATE DATABASE ${database}` });
    const schema = readFileSync(join(projectRoot, 'load/baselines/schema.sql'), 'utf8');
    await client.command({ query: schema.replace('EXISTS events', `EXISTS ${database}.events`) });
    const outcome = await work();
    const [counted] = await rows<{ rows: string }>(
      client,
      `SELECT toString(count()) AS rows FROM ${database}.events`,
    );
    const stored = {
      mongodb: await mongo.db(database).collection('raw_events').countDocuments(),
      clickhouse: Number(counted?.rows ?? 0),
    };
    return { outcome, stored };
  } finally {
    await drop().catch(() => {});
    await Promise.all([clickhouse.close(), mongo.close()]);
  }
}

/** What the pipeline's own table and collection hold. */
export async function countStored(settings: Settings): Promise<Stored> {
  const clickhouse = createClickHouse(settings);
  const mongo = createMongo(settings);
  try {
    const client = clickhouse.shards[0]?.replicas[0];
    if (client === undefined) throw new PipelineError('CLICKHOUSE', 'CLICKHOUSE_URL names no server');
    const [counted] = await rows<{ rows: string }>(
      client,
      'SELECT toString(count()) AS rows FROM events_distributed',
    );
    return {
      mongodb: await mongo.events().estimatedDocumentCount(),
      clickhouse: Number(counted?.rows ?? 0),
    };
  } finally {
    await Promise.all([clickhouse.close(), mongo.close()]);
  }
}
