import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { EngineError } from '../engine/engine-error.ts';

export interface Credentials {
  user: string;
  password: string;
}

/** A request for a query, from its address and headers; the body is read later. */
export interface QueryRequest {
  queryId: string;
  credentials: Credentials;
  /** GET may only read. */
  reads: boolean;
  database: string | undefined;
  /** `?query=`, which the body follows. */
  query: string;
  defaultFormat: string | undefined;
  /** Settings, and query parameters as `param_<name>`. */
  settings: Record<string, string>;
  session: { id: string; timeoutSeconds: number; mustExist: boolean } | undefined;
  /** Hold the answer back until the query has ended, so that a late error still gets its status. */
  waitEndOfQuery: boolean;
  /** enable_http_compression=1: the answer may be compressed as Accept-Encoding says. */
  compress: boolean;
  contentEncoding: string | undefined;
  acceptEncoding: string;
}

/** Parameters that are the HTTP interface's, not settings of the engine. */
const interfaceParameters = new Set([
  'query',
  'query_id',
  'user',
  'password',
  'database',
  'default_format',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'quota_key',
  'role',
  'buffer_size',
  'stacktrace',
  'compress',
  'decompress',
  'client_protocol_version',
  'wait_end_of_query',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_response_buffer_size',
  'http_headers_progress_interval_ms',
  'http_wait_end_of_query',
  'send_progress_in_http_headers',
  'add_http_cors_header',
  'cancel_http_readonly_queries_on_client_close',
]);

/**
 * Takes a request apart as ClickHouse does.
 *
 * @throws EngineError for what it cannot do (LZ4 frames of the native protocol) or two kinds of credentials.
 */
export function parseRequest(method: string, url: URL, headers: IncomingHttpHeaders): QueryRequest {
  const parameters = url.searchParams;
  const get = (name: string) => parameters.get(name) ?? undefined;
  for (const name of ['compress', 'decompress']) {
    if (isOn(get(name))) {
      throw new EngineError(
        48,
        'NOT_IMPLEMENTED',
        `The parameter ${name} (blocks compressed as in the native protocol) is not supported here; ` +
          'use enable_http_compression=1 with Accept-Encoding, or Content-Encoding',
      );
    }
  }
  const settings: Record<string, string> = {};
  for (const [name, value] of parameters) {
    if (interfaceParameters.has(name)) continue;
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new EngineError(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'`);
    }
    settings[name] = value;
  }
  const sessionId = get('session_id');
  return {
    queryId: get('query_id') || header(headers, 'x-clickhouse-query-id') || randomUUID(),
    credentials: credentials(parameters, headers),
    reads: method === 'GET' || method === 'HEAD',
    database: get('database') || header(headers, 'x-clickhouse-database'),
    query: get('query') ?? '',
    defaultFormat: get('default_format') || header(headers, 'x-clickhouse-format'),
    settings,
    session: sessionId
      ? {
          id: sessionId,
          timeoutSeconds: sessionTimeout(get('session_timeout')),
          mustExist: isOn(get('session_check')),
        }
      : undefined,
    waitEndOfQuery: isOn(get('wait_end_of_query')) || isOn(get('http_wait_end_of_query')),
    compress: isOn(get('enable_http_compression')),
    contentEncoding: headers['content-encoding'],
    acceptEncoding: String(headers['accept-encoding'] ?? ''),
  };
}

function credentials(parameters: URLSearchParams, headers: IncomingHttpHeaders): Credentials {
  const user = header(headers, 'x-clickhouse-user');
  const key = header(headers, 'x-clickhouse-key');
  const basic = /^Basic (.*)$/i.exec(headers.authorization ?? '')?.[1];
  const inAddress = parameters.has('user') || parameters.has('password');
  if (user !== undefined || key !== undefined) {
    if (basic !== undefined || inAddress) throw ambiguous();
    return { user: user ?? 'default', password: key ?? '' };
  }
  if (basic !== undefined) {
    if (inAddress) throw ambiguous();
    const text = Buffer.from(basic, 'base64').toString();
    const colon = text.indexOf(':');
    return colon < 0
      ? { user: text || 'default', password: '' }
      : { user: text.slice(0, colon) || 'default', password: text.slice(colon + 1) };
  }
  return { user: parameters.get('user') || 'default', password: parameters.get('password') ?? '' };
}

const ambiguous = () =>
  new EngineError(
    516,
    'AUTHENTICATION_FAILED',
    'Invalid authentication: it is not allowed to use several of X-ClickHouse headers, ' +
      'Authorization and the parameters user and password at the same time',
  );

function sessionTimeout(text: string | undefined): number {
  if (text === undefined) return 60;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 3600) {
    throw new EngineError(
      374,
      'INVALID_SESSION_TIMEOUT',
      `Invalid session timeout: '${text}' (0 to 3600 seconds)`,
    );
  }
  return seconds;
}

const isOn = (value: string | undefined) => value === '1' || value === 'true';

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
