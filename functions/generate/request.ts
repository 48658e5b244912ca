import { z } from 'zod';
import { HttpError } from '../../shared/errors/index.ts';

const share = z.number().min(0).max(1);

const parametersSchema = z.strictObject({
  /** The same seed, run id and start make the same bytes. */
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  /** Events in all, history not counted. */
  count: z.int().min(1).max(1e12).optional(),
  /** Events per second; without it, as fast as possible, with times spread over `span_seconds`. */
  rate: z.number().min(0.1).max(1_000_000).optional(),
  duration_seconds: z.number().min(1).max(31_536_000).optional(),
  /** Time that the events of a run without a rate are spread over; it ends at the start of the run. */
  span_seconds: z.number().min(1).max(31_536_000).default(86_400),
  users: z.int().min(1).max(100_000_000).default(100_000),
  invalid_share: share.default(0.01),
  late_share: share.default(0.02),
  /** Share of events without an event_id of their own. */
  no_id_share: share.default(0.005),
  /** Purchases on 2024-01-01, before everything else. */
  history: z.int().min(0).max(100_000).default(0),
});

const requestSchema = parametersSchema.extend({
  run_id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9, ., _ and -')
    .optional(),
  /** The call answers after this time, finished or not; call again to go on. */
  max_seconds: z.number().min(0.1).max(3600).default(50),
});

/** What a run is made from; kept with its progress. */
export type RunParameters = z.output<typeof parametersSchema>;

export interface GenerateRequest {
  runId: string | undefined;
  maxSeconds: number;
  /** Every parameter, with defaults, for a run that begins. */
  parameters: RunParameters;
  /** Those that the caller named, to be compared with those of a run that goes on. */
  given: Partial<RunParameters>;
}

/** @throws HttpError 400 that names every bad field. */
export function readRequest(body: string): GenerateRequest {
  let input: unknown;
  try {
    input = JSON.parse(body.trim() === '' ? '{}' : body);
  } catch (error) {
    throw refused([{ field: 'body', reason: `is not JSON: ${(error as Error).message}` }]);
  }
  const parsed = requestSchema.safeParse(input);
  if (!parsed.success) {
    throw refused(
      parsed.error.issues.map((issue) =>
        issue.code === 'unrecognized_keys'
          ? { field: issue.keys.join(', '), reason: 'is no parameter of generate' }
          : { field: issue.path.join('.') || 'body', reason: issue.message },
      ),
    );
  }
  const { run_id, max_seconds, ...parameters } = parsed.data;
  const given = Object.fromEntries(
    Object.keys(parameters)
      .filter((name) => Object.hasOwn(input as object, name))
      .map((name) => [name, parameters[name as keyof RunParameters]]),
  );
  return { runId: run_id, maxSeconds: max_seconds, parameters, given };
}

/** @throws HttpError 400 where the parameters leave open what the run is. */
export function checkBeginning({
  count,
  rate,
  duration_seconds,
  invalid_share,
  late_share,
}: RunParameters): void {
  if (count === undefined && rate === undefined) {
    throw refused([
      { field: 'count', reason: 'is missing: give count, or rate, with or without duration_seconds' },
    ]);
  }
  if (duration_seconds !== undefined && (rate === undefined || count !== undefined)) {
    throw refused([{ field: 'duration_seconds', reason: 'goes with rate and without count' }]);
  }
  if (invalid_share + late_share > 1) {
    throw refused([{ field: 'late_share', reason: 'and invalid_share together exceed 1' }]);
  }
}

/** @throws HttpError 409 where the caller asks for another run under the name of one that has begun. */
export function checkSame(runId: string, given: Partial<RunParameters>, stored: RunParameters): void {
  const differing = Object.entries(given).filter(
    ([name, value]) => stored[name as keyof RunParameters] !== value,
  );
  if (differing.length === 0) return;
  throw new HttpError(409, `run ${runId} has begun with other parameters; choose another run_id`, {
    details: {
      differing: differing.map(([field, value]) => ({
        field,
        given: value,
        run: stored[field as keyof RunParameters] ?? null,
      })),
    },
  });
}

function refused(problems: { field: string; reason: string }[]): HttpError {
  const text = problems.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  return new HttpError(400, `the run cannot begin: ${text}`, { details: { problems } });
}
