import { PipelineError } from '../../../shared/errors/index.ts';
import { bytes, count } from '../terminal/table.ts';
import { type Costs, copies, type Machines, needsOf, standardMachines } from './model.ts';

const dailyEvents = 100_000_000;

const marks = ['<!-- sizing: made by `make sizing` -->', '<!-- /sizing -->'] as const;

/** A page with these tables between its marks. @throws PipelineError `SIZING_PAGE` when it has none. */
export function withTables(page: string, tables: string): string {
  const [begin, end] = [page.indexOf(marks[0]), page.indexOf(marks[1])];
  if (begin < 0 || end < begin) {
    throw new PipelineError(
      'SIZING_PAGE',
      `The page has no place for the tables, which is between ${marks.join(' and ')}`,
    );
  }
  return `${page.slice(0, begin)}${marks[0]}\n\n${tables}\n${page.slice(end)}`;
}

/** The tables of docs/sizing.md, from measured costs. */
export function sizingReport(costs: Costs, machines: Machines = standardMachines): string {
  const rates = [1200, 10_000, 100_000, 1_000_000];
  const byRate = rates.map((eventsPerSecond) =>
    needsOf(costs, { eventsPerSecond, eventsKept: eventsPerSecond * 86_400 }, machines),
  );
  const row = (title: string, cells: readonly (string | number)[]) => `| ${[title, ...cells].join(' | ')} |`;
  const header = (title: string, cells: readonly string[]) => [
    row(title, cells),
    `|---|${cells.map(() => '---:').join('|')}|`,
  ];
  const parts = Object.keys(costs.cpuMicroseconds);
  const days = [1, 30, 365].map((kept) => ({
    kept,
    needs: needsOf(
      costs,
      { eventsPerSecond: dailyEvents / 86_400, eventsKept: dailyEvents * kept },
      machines,
    ),
  }));
  return [
    'What one event costs:',
    '',
    ...header('', ['measured']),
    ...parts.map((part) =>
      row(`µs of processor: ${part}`, [(costs.cpuMicroseconds[part] as number).toFixed(1)]),
    ),
    ...Object.entries(costs.bytes).map(([place, size]) =>
      row(`bytes on disk, one copy: ${place}`, [Math.round(size)]),
    ),
    row('events a second at the top rate, all on one machine', [count(Math.round(costs.topRate))]),
    '',
    `Needs at a steady rate, on machines of ${machines.cores} processors and ${bytes(machines.diskBytes)} of disk, used to ` +
      `${machines.use * 100} %, one day kept in the stores (Kafka ${copies.kafka} copies, MongoDB ${copies.mongodb}, ` +
      `ClickHouse ${copies.clickhouse}):`,
    '',
    ...header(
      '',
      rates.map((rate) => `${count(rate)}/s`),
    ),
    ...parts.map((part) =>
      row(
        `processors: ${part}`,
        byRate.map(({ processors }) => (processors[part] as number).toFixed(1)),
      ),
    ),
    row(
      'partitions of each events topic',
      byRate.map(({ partitions }) => count(partitions)),
    ),
    row(
      'Kafka brokers',
      byRate.map(({ brokers }) => count(brokers)),
    ),
    row(
      'connectors',
      byRate.map(({ connectors }) => count(connectors)),
    ),
    row(
      'MongoDB shards of 3 members',
      byRate.map(({ mongodbShards }) => count(mongodbShards)),
    ),
    row(
      'ClickHouse shards of 2 replicas',
      byRate.map(({ clickhouseShards }) => count(clickhouseShards)),
    ),
    row(
      'disk of Kafka, 7 days',
      byRate.map(({ diskBytes }) => bytes(diskBytes.kafka)),
    ),
    '',
    `Disk at ${count(dailyEvents)} events a day, all copies:`,
    '',
    ...header(
      'kept in the stores',
      days.map(({ kept }) => (kept === 1 ? '1 day' : `${kept} days`)),
    ),
    row(
      'Kafka (7 days)',
      days.map(({ needs }) => bytes(needs.diskBytes.kafka)),
    ),
    row(
      'MongoDB',
      days.map(({ needs }) => bytes(needs.diskBytes.mongodb)),
    ),
    row(
      'ClickHouse',
      days.map(({ needs }) => bytes(needs.diskBytes.clickhouse)),
    ),
    row(
      'MongoDB shards',
      days.map(({ needs }) => count(needs.mongodbShards)),
    ),
    row(
      'ClickHouse shards',
      days.map(({ needs }) => count(needs.clickhouseShards)),
    ),
    '',
  ].join('\n');
}
