import { parseArgs } from 'node:util';
import { PipelineError } from '../../../shared/errors/index.ts';
import type { Selection } from './select.ts';

export type Verb = 'list' | 'show' | 'redrive' | 'purge';

export interface Command {
  verb: Verb;
  selection: Selection;
  dryRun: boolean;
  json: boolean;
}

const verbs: readonly Verb[] = ['list', 'show', 'redrive', 'purge'];

export const usage = `Dead letters: list them, show them, send them to their functions once more, delete them.

  list                    how many there are, by function and reason
  show                    each with its origin, reason, times and value
  redrive                 send to the function again
  purge                   delete for good

Which ones (all given must hold):
  --function <name>       of one function
  --reason <text>         whose reason contains the text
  --topic <name>          read from this topic
  --partition <n>         and this partition of it
  --key <key>             one letter, by the key that show prints
  --since, --until <time> that died in this time: ISO, such as 2026-01-31 or 2026-01-31T10:00:00Z
  --limit <n>             at most so many, the oldest first
  --all                   all; redrive and purge want this or another choice

  --dry-run               say what would be done, change nothing
  --json                  JSON lines
`;

/** @throws PipelineError `USAGE` that names what is wrong. */
export function parseCommand(args: readonly string[]): Command {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    throw new PipelineError('USAGE', (error as Error).message);
  }
  const { values, positionals } = parsed;
  const verb = verbs.find((each) => each === positionals[0]);
  if (verb === undefined || positionals.length > 1) {
    throw new PipelineError('USAGE', `say one of ${verbs.join(', ')}`);
  }
  const selection: Selection = {
    functionName: values.function,
    reason: values.reason,
    topic: values.topic,
    partition: wholeNumber('--partition', values.partition),
    key: values.key,
    sinceMs: time('--since', values.since),
    untilMs: time('--until', values.until),
    limit: wholeNumber('--limit', values.limit),
  };
  const chosen = Object.values(selection).some((value) => value !== undefined) || values.all;
  if ((verb === 'redrive' || verb === 'purge') && !chosen) {
    throw new PipelineError('USAGE', `${verb}: say which ones, or --all`);
  }
  return { verb, selection, dryRun: values['dry-run'], json: values.json };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      function: { type: 'string' },
      reason: { type: 'string' },
      topic: { type: 'string' },
      partition: { type: 'string' },
      key: { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
      limit: { type: 'string' },
      all: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new PipelineError('USAGE', `${option}: ${text} must be a whole number`);
  return Number(text);
}

function time(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new PipelineError('USAGE', `${option}: ${text} must be a time, such as 2026-01-31`);
  return ms;
}
