import type { ServerResponse } from 'node:http';
import { HttpError } from '../../../shared/errors/index.ts';
import type { LogMessage, LogStore } from '../logs/log-store.ts';
import { namePattern } from '../provider/deployment.ts';

export interface LogRequest {
  name: string;
  instance: string | undefined;
  sinceMs: number | undefined;
  /** At most this many of the lines there are; undefined: all that are kept. */
  tail: number | undefined;
  follow: boolean;
}

/** Query of GET /system/logs. @throws HttpError 400 that names the wrong parameter. */
export function readLogRequest(query: URLSearchParams): LogRequest {
  const name = query.get('name') ?? '';
  if (!namePattern.test(name)) throw new HttpError(400, 'name: must be the name of a function');
  const tail = query.get('tail') ?? '';
  if (!/^-?\d{0,9}$/.test(tail)) throw new HttpError(400, 'tail: must be a whole number of lines');
  const since = query.get('since') ?? '';
  const sinceMs = since === '' ? undefined : Date.parse(since);
  if (Number.isNaN(sinceMs)) throw new HttpError(400, 'since: must be an RFC 3339 time');
  return {
    name,
    instance: query.get('instance') || undefined,
    sinceMs,
    tail: Number(tail) > 0 ? Number(tail) : undefined,
    follow: ['1', 't', 'true'].includes((query.get('follow') ?? '').toLowerCase()),
  };
}

/** Sends the lines as NDJSON, and with `follow` those to come until the caller goes. */
export function sendLogs(response: ServerResponse, logs: LogStore, request: LogRequest): void {
  const { name, instance, sinceMs, tail, follow } = request;
  const wanted = (message: LogMessage) =>
    (instance === undefined || message.instance === instance) &&
    (sinceMs === undefined || Date.parse(message.timestamp) >= sinceMs);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const known = logs.recent(name).filter(wanted);
  for (const message of tail === undefined ? known : known.slice(-tail))
    response.write(`${JSON.stringify(message)}\n`);
  if (!follow) {
    response.end();
    return;
  }
  const end = logs.follow(name, (message) => {
    // A reader that does not keep up loses lines; the gateway does not collect them for it.
    if (wanted(message) && response.writableLength < 1_048_576)
      response.write(`${JSON.stringify(message)}\n`);
  });
  response.on('close', end);
}
