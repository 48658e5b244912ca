import type { ChaosReport } from './chaos.ts';

/** Counts of what happened, by role and kind of fault. */
export function faultCounts({ injected }: ChaosReport): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>();
  for (const { fault, happened } of injected) {
    if (!happened) continue;
    const kinds = counts.get(fault.role) ?? new Map<string, number>();
    kinds.set(fault.kind, (kinds.get(fault.kind) ?? 0) + 1);
    counts.set(fault.role, kinds);
  }
  return counts;
}

/** The report as a page: what was done, how often, and what was counted. */
export function renderReport(report: ChaosReport, { brokers }: { brokers: number }): string {
  const happened = report.injected.filter((each) => each.happened);
  const busy = happened.filter((each) => each.inFlight).length;
  const counts = faultCounts(report);
  const kinds = [...new Set([...counts.values()].flatMap((each) => [...each.keys()]))].sort();
  const sum = (pick: (proof: ChaosReport['proofs'][number]) => number) =>
    report.proofs.reduce((total, proof) => total + pick(proof), 0);
  const rows = [...counts].sort().map(([role, of]) => {
    const total = [...of.values()].reduce((a, b) => a + b, 0);
    return `| ${role} | ${kinds.map((kind) => of.get(kind) ?? 0).join(' | ')} | ${total} |`;
  });
  return [
    `Seed ${report.seed}, ${brokers} broker${brokers > 1 ? 's' : ''}, ${report.seconds} s.`,
    '',
    `| | |`,
    `|---|---|`,
    `| events in \`events_raw\` | ${sum((p) => p.raw)} |`,
    `| clean, rejected to dead letters | ${sum((p) => p.clean)}, ${sum((p) => p.rejected)} |`,
    `| found in MongoDB, in ClickHouse | ${sum((p) => p.mongodb.found)}, ${sum((p) => p.clickhouse.found)} |`,
    `| **lost, doubled** (stores, rollups, dead letters) | **${report.lost}, ${report.doubled}** |`,
    `| faults that happened | ${happened.length} of ${report.injected.length} |`,
    `| of these with work in flight in that role | ${busy} (${Math.round((100 * busy) / Math.max(1, happened.length))} %) |`,
    '',
    `| role | ${kinds.join(' | ')} | all |`,
    `|---|${kinds.map(() => '---:').join('|')}|---:|`,
    ...rows,
    '',
  ].join('\n');
}
