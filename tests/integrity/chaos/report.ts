import type { FaultCount, Part } from './part.ts';
import { kinds } from './schedule.ts';

/** All parts as one page: what was done, how often, and what was counted. */
export function renderReport(parts: readonly Part[]): string {
  const faults = merged(parts);
  const happened = sum(faults, (each) => each.happened);
  const busy = sum(faults, (each) => each.withWork);
  const total = (pick: (part: Part) => number) => sum(parts, pick).toLocaleString('en');
  const shown = kinds.filter((kind) => faults.some((each) => each.kind === kind));
  const roles = [...new Set(faults.map(({ role }) => role))].sort();
  const rows = roles.map((role) => {
    const mine = faults.filter((each) => each.role === role);
    const cells = shown.map((kind) => mine.find((each) => each.kind === kind)?.happened ?? '');
    return `| ${role} | ${cells.join(' | ')} | ${sum(mine, (each) => each.happened)} | ${share(mine)} |`;
  });
  const each = parts.map(
    ({ seed, brokers, at, seconds, faults: own, scheduled, events, lost, doubled }) =>
      `| ${seed} | ${at.slice(0, 10)} | ${brokers} | ${events.toLocaleString('en')} | ${sum(own, (f) => f.happened)} of ${scheduled} | ${share(own)} | ${seconds} s | ${lost} | ${doubled} |`,
  );
  return `# Faults under load, and what arrived

The whole platform runs on one machine while a seeded schedule kills (-9), restarts (SIGTERM) and freezes (SIGSTOP, later
SIGCONT) its processes and spoils answers of functions after they did their work: the answer never arrives
(drop-answer), it says 500 (lie), it arrives late (delay). Then every record of the log is looked for in MongoDB and
ClickHouse by its id and position, and the rollups are compared with the rows. \`CHAOS_SEED=… make chaos\` repeats the
schedule of a part, and adds to this page.

| | |
|---|---:|
| events sent | ${total((part) => part.sent)} |
| events in \`events_raw\` | ${total((part) => part.events)} |
| clean | ${total((part) => part.clean)} |
| rejected, in the dead letters | ${total((part) => part.rejected)} |
| found in MongoDB | ${total((part) => part.inMongodb)} |
| found in ClickHouse | ${total((part) => part.inClickhouse)} |
| **lost** (log, stores, rollups, dead letters) | **${total((part) => part.lost)}** |
| **doubled** | **${total((part) => part.doubled)}** |
| faults that happened | ${happened} of ${total((part) => part.scheduled)} |
| of these while that role had work in flight | ${busy} (${share(faults)}) |
| duration | ${total((part) => part.seconds)} s |

| role | ${shown.join(' | ')} | all | with work in flight |
|---|${shown.map(() => '---:').join('|')}|---:|---:|
${rows.join('\n')}

| seed | on | brokers | events | faults | with work | took | lost | doubled |
|---:|---|---:|---:|---:|---:|---:|---:|---:|
${each.join('\n')}
`;
}

function merged(parts: readonly Part[]): FaultCount[] {
  const all = new Map<string, FaultCount>();
  for (const { role, kind, happened, withWork } of parts.flatMap((part) => part.faults)) {
    const key = `${role} ${kind}`;
    const so = all.get(key) ?? { role, kind, happened: 0, withWork: 0 };
    all.set(key, { role, kind, happened: so.happened + happened, withWork: so.withWork + withWork });
  }
  return [...all.values()];
}

function share(faults: readonly FaultCount[]): string {
  const happened = sum(faults, (each) => each.happened);
  return happened === 0 ? '' : `${Math.floor((100 * sum(faults, (each) => each.withWork)) / happened)} %`;
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}
