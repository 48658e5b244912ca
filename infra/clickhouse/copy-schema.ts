import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../shared/clients/clickhouse/index.ts';

/**
 * Gives a new replica the tables that its twin has now. A replicated table is what Keeper knows of it, changes
 * included; a replica that began with the first migration's form of it would be refused.
 * Safe to repeat: what is there stays.
 */
export async function copySchema({
  from,
  to,
  database,
}: {
  from: ClickHouseClient;
  to: ClickHouseClient;
  database: string;
}): Promise<void> {
  const tables = await rows<{ definition: string }>(
    from,
    `SELECT create_table_query AS definition FROM system.tables
     WHERE database = {database:String} AND name != 'schema_migrations' AND NOT is_temporary
     ORDER BY engine = 'MaterializedView', engine = 'Distributed', name`,
    { params: { database } },
  );
  for (const { definition } of tables) {
    await to.command({
      query: definition.replace(/^CREATE (TABLE|MATERIALIZED VIEW|VIEW) /, 'CREATE $1 IF NOT EXISTS '),
    });
  }
  await to.insert({
    table: `${database}.schema_migrations`,
    format: 'JSONEachRow',
    values: await rows(
      from,
      `SELECT version, name, checksum FROM ${database}.schema_migrations ORDER BY version`,
    ),
  });
}
