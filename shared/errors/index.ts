/**
 * Errors that people or other parts act upon. Each carries a stable code, says what happened, to what,
 * and what to do about it.
 */

/** Base of all expected errors. `retriable` tells a caller whether the same call may succeed later. */
export class PipelineError extends Error {
  readonly code: string;
  readonly retriable: boolean;

  constructor(code: string, message: string, options: { cause?: unknown; retriable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}

/** One or more settings are wrong. The message names every one of them, so that they are mended in one go. */
export class SettingsError extends PipelineError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      'SETTINGS',
      `${problems.length === 1 ? 'A setting is' : 'Some settings are'} wrong:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/**
 * A function answers with this HTTP status instead of a result. The wrapper (template/node24-batch)
 * turns it into `{error, ...details}` with that status, and `Retry-After` where one is given.
 */
export class HttpError extends PipelineError {
  readonly statusCode: number;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    statusCode: number,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number; details?: Record<string, unknown> } = {},
  ) {
    super(`HTTP_${statusCode}`, message, {
      cause: options.cause,
      retriable: statusCode === 429 || statusCode >= 500,
    });
    this.statusCode = statusCode;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details ?? {};
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
