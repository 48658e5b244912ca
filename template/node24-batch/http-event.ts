import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

export interface HttpRequest {
  method: string;
  /** As received: path and query, not decoded. */
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  remoteAddress: string;
  requestId: string;
}

/** An HTTP request as AWS's HTTP API (payload format 2.0) hands it to a Lambda. */
export function httpEventOf(request: HttpRequest): APIGatewayProxyEventV2 {
  const { method, url, headers, body, remoteAddress, requestId } = request;
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const rawQueryString = mark < 0 ? '' : url.slice(mark + 1);
  const now = Date.now();
  const binary = body.length > 0 && !isUtf8(body);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: headers as Record<string, string>,
    ...(headers.cookie === undefined ? {} : { cookies: headers.cookie.split(/;\s*/) }),
    ...(rawQueryString === '' ? {} : { queryStringParameters: queryOf(rawQueryString) }),
    requestContext: {
      accountId: '',
      apiId: '',
      domainName: headers.host ?? '',
      domainPrefix: '',
      http: {
        method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: headers['x-forwarded-for']?.split(',')[0]?.trim() || remoteAddress,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: new Date(now).toISOString(),
      timeEpoch: now,
    },
    ...(body.length === 0 ? {} : { body: binary ? body.toString('base64') : body.toString('utf8') }),
    isBase64Encoded: binary,
  };
}

/** Values of a name that came several times are joined by commas, as AWS does. */
function queryOf(rawQueryString: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    query[name] = query[name] === undefined ? value : `${query[name]},${value}`;
  }
  return query;
}
