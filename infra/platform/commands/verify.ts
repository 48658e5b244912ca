import { PipelineError } from '../../../shared/errors/index.ts';
import { platformSettings } from '../platform-settings.ts';
import { colour } from '../terminal/colour.ts';
import { table } from '../terminal/table.ts';
import { main } from './main.ts';

/** The parts of aggregation-check's verdict that are printed. */
interface Verdict {
  status: string;
  checked: { events: number; minutes: number; mongodb_events: number };
  lost: number;
  doubled: number;
  unexpected: number;
  drifted: number;
  differences: {
    store: string;
    minute: string;
    partition: number;
    expected: number;
    found: number;
    lost: unknown[];
    doubled: unknown[];
    unexpected: unknown[];
  }[];
  drifts: { rollup: string; time: string; event_type?: string; expected: number; found: number }[];
  pending: { waiting: { sink: string; offsets: number }[] };
  repair?: {
    before: Record<string, number>;
    inserted: Record<string, number>;
    removed: Record<string, number>;
    rollups: number;
    irrecoverable: number;
  };
  duration_ms: number;
}

/** `make verify`: asks aggregation-check now, with REPAIR=1 to mend. Exit code 1 when stores differ. */
await main(async () => {
  const verdict = await ask(platformSettings().gatewayUrl);
  for (const line of linesOf(verdict)) console.log(line);
  return verdict.status === 'differs' ? 1 : 0;
});

async function ask(gatewayUrl: string): Promise<Verdict> {
  const url = `${gatewayUrl}/function/aggregation-check`;
  const wanted = { repair: isSet('REPAIR'), full: isSet('FULL') };
  let response: Response;
  try {
    response = await fetch(url, { method: 'POST', body: JSON.stringify(wanted) });
  } catch (cause) {
    throw new PipelineError('GATEWAY', `${url} does not answer: \`make up\` starts it`, { cause });
  }
  if (!response.ok) {
    throw new PipelineError(
      'CHECK',
      `aggregation-check answered ${response.status}: ${await response.text()}`,
    );
  }
  return (await response.json()) as Verdict;
}

function isSet(name: string): boolean {
  return /^(1|true|yes)$/i.test(process.env[name] ?? '');
}

function* linesOf(verdict: Verdict): Generator<string> {
  const { status, checked, lost, doubled, unexpected, drifted, repair } = verdict;
  const shown = colour(status === 'differs' ? 'red' : 'green', status);
  yield `${shown}: ${checked.events} events in ${checked.minutes} minutes against ClickHouse and its rollups, ${checked.mongodb_events} of them against MongoDB; ${verdict.duration_ms} ms`;
  yield `lost ${lost}, doubled ${doubled}, unexpected ${unexpected}, rollup entries drifted ${drifted}`;
  for (const { sink, offsets } of verdict.pending.waiting) yield `${sink}: ${offsets} offsets on their way`;
  if (verdict.differences.length > 0) {
    const head = ['store', 'minute', 'partition', 'expected', 'found', 'events'];
    yield table(
      head,
      verdict.differences.map((each) => [
        each.store,
        each.minute,
        each.partition,
        each.expected,
        each.found,
        JSON.stringify([...each.lost, ...each.doubled, ...each.unexpected].slice(0, 3)),
      ]),
    );
  }
  if (verdict.drifts.length > 0) {
    yield table(
      ['rollup', 'time', 'type', 'expected', 'found'],
      verdict.drifts.map((each) => [
        each.rollup,
        each.time,
        each.event_type ?? '',
        each.expected,
        each.found,
      ]),
    );
  }
  if (repair !== undefined) {
    yield `repaired: before ${JSON.stringify(repair.before)}, inserted ${JSON.stringify(repair.inserted)}, removed ${JSON.stringify(repair.removed)}, rollup entries ${repair.rollups}, irrecoverable ${repair.irrecoverable}`;
  }
}
