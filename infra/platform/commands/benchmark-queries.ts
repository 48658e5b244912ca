import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { thisMachine } from '../benchmark/machine.ts';
import { projectRoot } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { type Measured, measureQuestions } from '../seed/measure.ts';
import { addRun, renderRuns } from '../seed/report.ts';
import { numberOf, shapeOf } from '../seed/shape.ts';
import { startWriter, writerPartition } from '../seed/writer.ts';
import { bytes, count, table } from '../terminal/table.ts';
import { main } from './main.ts';

/**
 * `make benchmark-queries`: every question over what `make seed-rows` made, cold and warm, while events are written.
 * QUERIES_REPORT (.pipeline/reports/queries.json; docs/queries.json is the committed one) keeps the newest run of each
 * shape, and the page beside it shows them.
 */
await main(async () => {
  const settings = platformSettings();
  const shape = shapeOf(process.env.SHAPE || 'month', Date.now());
  const runs = numberOf('RUNS', 100);
  const writeRate = numberOf('WRITE_RATE', 1200);
  const target = { ...settings, clickhouseDatabase: shape.database };
  const clickhouse = createClickHouse(target, { requestTimeoutMs: 120_000 });
  const client = clickhouse.shards[0]?.replicas[0];
  if (client === undefined) throw new PipelineError('CLICKHOUSE', 'CLICKHOUSE_URL names no server');
  const [held] = await rows<{ rows: string; parts: string; bytes: string }>(
    client,
    `SELECT toString(sum(rows)) AS rows, toString(count()) AS parts, toString(sum(bytes_on_disk)) AS bytes
FROM system.parts WHERE active AND database = {database:String} AND table = 'events_local'`,
    { params: { database: shape.database } },
  );
  if (Number(held?.rows ?? 0) === 0) {
    throw new PipelineError(
      'NO_ROWS',
      `${shape.database} is empty: make seed-rows SHAPE=${shape.name} fills it`,
    );
  }
  const from = new Date(shape.fromMs).toISOString().slice(0, 10);
  const writer = startWriter(client, writeRate);
  const startedAt = performance.now();
  const results = await measureQuestions(client, {
    settings,
    database: shape.database,
    from,
    runs,
    onMeasured: ({ name, p50Ms }) => process.stderr.write(`${name}: p50 ${Math.round(p50Ms)} ms\n`),
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const written = await writer.stop();
  const [server] = await rows<{ version: string; seeded: string }>(
    client,
    `SELECT version() AS version,
  (SELECT toString(count()) FROM events_local WHERE source_partition < ${writerPartition}) AS seeded`,
  );
  await clickhouse.close();

  const file = resolve(
    projectRoot,
    process.env.QUERIES_REPORT || resolve(settings.dataDir, 'reports/queries.json'),
  );
  const all = addRun(file, {
    at: new Date().toISOString(),
    shape: shape.name,
    commands: [
      `make seed-rows ROWS=${server?.seeded} SHAPE=${shape.name}`,
      `make benchmark-queries SHAPE=${shape.name} RUNS=${runs} WRITE_RATE=${writeRate}`,
    ],
    rows: Number(held?.rows),
    parts: Number(held?.parts),
    bytesOnDisk: Number(held?.bytes),
    runs,
    written,
    seconds,
    machine: { ...thisMachine(), clickhouse: server?.version ?? '' },
    results,
  });
  const page = file.replace(/\.json$/, '.md');
  writeFileSync(page, renderRuns(all));
  console.log(
    `\n${count(Number(held?.rows))} rows in ${held?.parts} parts (${bytes(Number(held?.bytes))}), shape ${shape.name}; ${count(written)} events written meanwhile, ${Math.round(written / seconds)} a second\n\n${tableOf(results)}\n\nMilliseconds by the client. Written to ${file} and ${page}.`,
  );
  return results.some(({ failed }) => failed !== undefined) ? 1 : 0;
});

function tableOf(results: readonly Measured[]): string {
  const ms = (value: number) => (value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
  return table(
    ['question', 'runs', 'cold', 'p50', 'p95', 'p99', 'rows read', 'memory'],
    results.map((each) =>
      each.failed === undefined
        ? [
            each.name,
            each.runs,
            ms(each.coldMs),
            ms(each.p50Ms),
            ms(each.p95Ms),
            ms(each.p99Ms),
            each.rowsRead,
            each.memoryBytes === undefined ? 'too short' : bytes(each.memoryBytes),
          ]
        : [each.name, 0, each.failed.slice(0, 80)],
    ),
  );
}
