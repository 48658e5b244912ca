import { describeMachine } from '../../../infra/platform/benchmark/machine.ts';
import type { PartName, Run, Skipped } from './run.ts';
import type { Episode } from './stand.ts';

const titles: Record<PartName, { title: string; text: string }> = {
  brokers: {
    title: 'Three brokers',
    text: `Replication 3, two in-sync replicas for an acknowledgement. Each broker is restarted (SIGTERM), the next one when every
replica is in sync again; then each is killed (-9) likewise.`,
  },
  shards: {
    title: 'Three ClickHouse shards, and a fourth',
    text: `Three server processes as three shards, one route each. Each is killed (-9), then each frozen (SIGSTOP); a dead shard holds
back only the partitions of its route. A fourth is added by its tables and \`make deploy CLICKHOUSE_URL=…\`. At the end the
questions are put to \`query\`, and each answer is counted anew from every record of \`events_clean\`. The embedded engine has
no port for \`Distributed\` tables: a table with the rows of all shards, fetched over HTTP, takes their place then. Replicas
cannot be shown with it.`,
  },
  partitions: {
    title: 'Partitions raised',
    text: '`make init-db EVENTS_PARTITIONS=24` on topics of six. The time is that until every partition was written to and read by all.',
  },
  mongo: {
    title: 'A sharded MongoDB',
    text: `A configuration server, a shard of three members, a shard of one and \`mongos\`, made by the scripts of infra/compose. The
first shard's primary steps down; then a secondary and the primary are killed (-9). At the end \`explain\` tells how many
shards a look-up by user is sent to.`,
  },
};

/** The page of `make chaos-cluster`. */
export function renderPage(runs: readonly (Run | Skipped)[]): string {
  return `# Clusters under faults

\`make chaos-cluster\` brings up a platform for each part, strikes it under steady load, waits until all has arrived, and
looks for every record of the log in both stores by its id and position; the rollups are compared with the rows. Beside the
load, ten single events a second go to \`ingest\`; the **pause of ingest** is the longest time without an acknowledged one, and
a request is refused (503 with Retry-After, to be sent again) or failed (any other answer, or none). The **pause of a store**
is the longest time in which it was not seen to grow, looked at ten times a second. A pause is told from the fault on until
the load had gone on for a while after it.

\`CHAOS_REPORT=docs/chaos-cluster.json make chaos-cluster\` repeats all of it and writes this page.

${runs.map(renderRun).join('\n')}`;
}

function renderRun(run: Run | Skipped): string {
  const { title, text } = titles[run.part];
  if ('skipped' in run) return `## ${title}\n\n${text}\n\n${run.at.slice(0, 10)}, skipped: ${run.skipped}\n`;
  const stores = [...new Set(run.episodes.flatMap(({ pauseMs }) => Object.keys(pauseMs)))];
  const head = [
    'fault',
    'took',
    'ingest pauses',
    'refused',
    'failed',
    ...stores.map((name) => `${name} pauses`),
  ];
  return `## ${title}

${text}

${describeMachine(run.machine)}; ${run.at.slice(0, 10)}, seed ${run.seed}. \`generate\` was asked for ${run.rate.toLocaleString('en')}
events/s and wrote ${Math.round(run.generated / run.loadSeconds).toLocaleString('en')} for ${run.loadSeconds} s; ${run.seconds} s in all.

| ${head.join(' | ')} |
|---|${head
    .slice(1)
    .map(() => '---:')
    .join('|')}|
${run.episodes.map((each) => renderEpisode(each, stores)).join('\n')}
${run.reasons.length > 0 ? `\nFailed requests said: ${run.reasons.join('; ')}\n` : ''}
| | |
|---|---:|
${[
  ['generated', run.generated],
  ['accepted by ingest', run.accepted],
  ['events in `events_raw`', run.raw],
  ['clean', run.clean],
  ['rejected, in the dead letters', run.rejected],
  ['found in MongoDB', run.inMongodb],
  ['found in ClickHouse', run.inClickhouse],
  ['**lost** (log, stores, rollups, dead letters)', run.lost],
  ['**doubled**', run.doubled],
]
  .map(([name, count]) => `| ${name} | ${count?.toLocaleString('en')} |`)
  .join('\n')}
${renderAnswers(run)}`;
}

function renderEpisode({ what, seconds, ingest, pauseMs }: Episode, stores: readonly string[]): string {
  const pauses = stores.map((name) => (name in pauseMs ? `${pauseMs[name]} ms` : ''));
  const cells = [`${seconds} s`, `${ingest.pauseMs} ms`, ingest.refused, ingest.failed, ...pauses];
  return `| ${what} | ${cells.join(' | ')} |`;
}

function renderAnswers({ answers }: Run): string {
  if (answers.length === 0) return '';
  const rows = answers.map(
    ({ path, rows, exact }) => `| \`${path}\` | ${rows} | ${exact ? 'exact' : '**differs**'} |`,
  );
  return `\n| question to \`query\` | rows | answer |\n|---|---:|---|\n${rows.join('\n')}\n`;
}
