import { z } from 'zod';
import { SettingsError } from '../../shared/errors/index.ts';

const number = (otherwise: number) => z.coerce.number().int().min(0).default(otherwise);

/** Milliseconds from a Go duration as OpenFaaS writes time-outs: `60s`, `1m30s`, `500ms`, or plain seconds. */
export function durationMs(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(count) * units[unit as keyof typeof units];
  }
  return total;
}

const duration = (otherwise: string) =>
  z
    .string()
    .default(otherwise)
    .transform((text, context) => {
      const value = durationMs(text);
      if (value === undefined)
        context.addIssue({ code: 'custom', message: 'must be a duration such as 60s or 1m30s' });
      return value ?? 0;
    });

/** A watchdog that takes calls for this long after it has passed SIGTERM on must find the process for a moment longer. */
function lingerMs(watchdogTakesCallsMs: number): number {
  return watchdogTakesCallsMs === 0 ? 0 : watchdogTakesCallsMs + 1000;
}

/** Variable names are those of OpenFaaS's watchdog where it has one for the same thing. */
const schema = z.object({
  FUNCTION_HANDLER: z.string().min(1).default('./function/handler.js'),
  FUNCTION_NAME: z.string().min(1).optional(),
  /** OpenFaaS's own. */
  OPENFAAS_NAME: z.string().min(1).default('function'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  BIND_ADDRESS: z.string().min(1).default('127.0.0.1'),
  MAX_BODY_BYTES: number(32 * 1024 * 1024),
  max_inflight: number(0),
  exec_timeout: duration('0s'),
  healthcheck_interval: duration('0s'),
  STOP_GRACE: duration('15s'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
});

export interface WrapperSettings {
  handlerPath: string;
  functionName: string;
  port: number;
  bindAddress: string;
  maxBodyBytes: number;
  maxInFlight: number;
  execTimeoutMs: number;
  /** After SIGTERM, while a watchdog in front of it still takes calls. */
  lingerMs: number;
  /** After that, until the signals of calls in flight are aborted. */
  stopGraceMs: number;
  /** Where spans go; absent: there are none. */
  otlpEndpoint?: string | undefined;
  /** Share of the traces beginning here that is recorded. */
  traceSampleRatio: number;
}

/** Reads the wrapper's own settings. @throws SettingsError that names every bad one. */
export function readWrapperSettings(env: NodeJS.ProcessEnv): WrapperSettings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    throw new SettingsError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  const read = result.data;
  return {
    handlerPath: read.FUNCTION_HANDLER,
    functionName: read.FUNCTION_NAME ?? read.OPENFAAS_NAME,
    port: read.PORT,
    bindAddress: read.BIND_ADDRESS,
    maxBodyBytes: read.MAX_BODY_BYTES,
    maxInFlight: read.max_inflight,
    execTimeoutMs: read.exec_timeout,
    lingerMs: lingerMs(read.healthcheck_interval),
    stopGraceMs: read.STOP_GRACE,
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
    traceSampleRatio: read.OTEL_TRACES_SAMPLER_ARG,
  };
}
