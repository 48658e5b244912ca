import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseMetrics } from '../../shared/metrics/parse.ts';
import { plot } from './plot.ts';
import { type Rig, startRig } from './rig.ts';
import { sendAtRate } from './send.ts';
import { faults, judge, parseSteps, rateAt, type Sample, type StepVerdict } from './steps.ts';

/**
 * `make scaling`: steps of load against a function that is slow on purpose, and how the autoscaler follows them. Writes
 * `scaling.svg` and `scaling.md` to SCALING_OUT (default docs/). SCALING_STEPS (`60x1000,180x10000,330x1000`: seconds x
 * events a second), RECORDS_PER_SECOND of one replica (3000). Exit code 1 when the autoscaler misses what it is for.
 */
const topic = 'steps';
const lagTargetSeconds = 5;
const steps = parseSteps(process.env.SCALING_STEPS || '60x1000,180x10000,330x1000');
const perReplica = Number(process.env.RECORDS_PER_SECOND || 3000);
const out = resolve(process.env.SCALING_OUT || resolve(import.meta.dirname, '../../docs'));

async function sample({ settings, gateway }: Rig): Promise<Omit<Sample, 'at' | 'rate'>> {
  const [functions, metrics] = await Promise.all([
    gateway.listFunctions(),
    fetch(`http://127.0.0.1:${settings.connectorPort}/metrics`).then((answer) => answer.text()),
  ]);
  const slow = functions.find(({ name }) => name === 'slow');
  let [lagSeconds, lagRecords] = [0, 0];
  for (const { name, value } of parseMetrics(metrics, (each) => each.startsWith('connector_lag_'))) {
    if (name === 'connector_lag_seconds') lagSeconds = Math.max(lagSeconds, value);
    if (name === 'connector_lag_records') lagRecords += value;
  }
  return { lagSeconds, lagRecords, replicas: slow?.replicas ?? 0, available: slow?.availableReplicas ?? 0 };
}

async function play(rig: Rig): Promise<{ samples: Sample[]; sent: number }> {
  const samples: Sample[] = [];
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const stopping = new AbortController();
  const sending = sendAtRate(rig, { topic, rate: () => rateAt(steps, elapsed()), signal: stopping.signal });
  sending.catch(() => {});
  let shown = '';
  while (elapsed() < total) {
    const at = elapsed();
    const seen = { at: Math.round(at * 10) / 10, rate: rateAt(steps, at), ...(await sample(rig)) };
    samples.push(seen);
    const line = `${seen.rate}/s, ${seen.replicas} replicas`;
    if (line !== shown) console.log(`${Math.round(at)} s: ${line}, lag ${seen.lagSeconds.toFixed(1)} s`);
    shown = line;
    await delay(Math.max(0, 1000 - (elapsed() - at) * 1000));
  }
  stopping.abort();
  return { samples, sent: await sending };
}

function page(verdicts: readonly StepVerdict[], sent: number): string {
  const [cpu] = cpus();
  const rows = verdicts.map(
    ({ seconds, rate, underTargetAfter, greatestLagSeconds, lastChangeAfter, replicasAtEnd, turns }) =>
      `| ${rate} | ${seconds} s | ${greatestLagSeconds.toFixed(1)} s | ${underTargetAfter === undefined ? 'not' : `${underTargetAfter} s`} | ${turns} | ${lastChangeAfter} s | ${replicasAtEnd} |`,
  );
  return `# The autoscaler follows steps of load

Made by \`make scaling\` on ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, everything on this machine. One function
that takes ${perReplica} records a second a replica, however many calls it has, 6 partitions, lag target ${lagTargetSeconds} s, 1 to 6
replicas; ${sent} events.

![Events sent, lag and replicas over time](scaling.svg)

| events/s | for | greatest lag | under the target after | turns | last change of replicas after | replicas at its end |
|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}

Turns: how often replicas that had risen fell within a step, or the other way round.
`;
}

const rig = await startRig({ topic, partitions: 6 });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => rig.stop().finally(() => process.exit(1)));
}
try {
  const { samples, sent } = await play(rig);
  const verdicts = judge(steps, samples, { lagTargetSeconds });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'scaling.svg'), plot(samples, { lagTargetSeconds }));
  writeFileSync(join(out, 'scaling.md'), page(verdicts, sent));
  console.log(`\n${page(verdicts, sent)}\nWritten to ${join(out, 'scaling.md')} and scaling.svg`);
  const wrong = faults(verdicts, { minReplicas: 1, withinSeconds: 30, restSeconds: 300 });
  for (const each of wrong) console.log(each);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await rig.stop();
}
process.exit();
