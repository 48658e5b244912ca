import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

/**
 * A logger for one part of the system: JSON lines on stdout, or readable lines when a terminal looks at it.
 * `LOG_LEVEL` (default info) and `LOG_FORMAT` (json, pretty; default: by terminal) choose.
 *
 * Fields have the same names everywhere: `part`, `function`, `batchId`, `traceId`, `topic`, `partition`, `err`.
 */
export function createLogger(part: string, env: NodeJS.ProcessEnv = process.env): Logger {
  const readable = env.LOG_FORMAT ? env.LOG_FORMAT === 'pretty' : process.stdout.isTTY === true;
  const options = {
    level: env.LOG_LEVEL || 'info',
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return readable
    ? pino(options, pretty({ ignore: 'part', messageFormat: '[{part}] {msg}', sync: true }))
    : pino(options, pino.destination({ fd: 1, sync: true }));
}
