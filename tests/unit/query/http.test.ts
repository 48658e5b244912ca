import { describe, expect, test } from '@jest/globals';
import { chooseFormat, formatAnswer } from '../../../functions/query/answer.ts';
import { decodeCursor, encodeCursor } from '../../../functions/query/cursor.ts';
import { timeOf } from '../../../functions/query/parameters.ts';
import { createQuery } from '../../../functions/query/query.ts';

const asked: { query: string; query_params: Record<string, unknown> }[] = [];
const client = {
  query: async (question: (typeof asked)[number]) => {
    asked.push(question);
    return {
      json: async () => ({
        data: [{ event_type: 'a' }],
        meta: [{ name: 'event_type' }],
        statistics: { rows_read: 7 },
      }),
    };
  },
};
const query = createQuery({
  clickhouse: {
    shards: [{ replicas: [], run: (work: (c: never) => unknown) => work(client as never) }],
  } as never,
  events: () => {
    throw new Error('MongoDB was not to be asked');
  },
  now: () => Date.UTC(2026, 10, 22, 12),
});

function get(url: string, method = 'GET') {
  const [rawPath = '', rawQueryString = ''] = url.split('?');
  return query({ rawPath, rawQueryString, headers: {}, requestContext: { http: { method } } } as never);
}

describe('query', () => {
  test.each([
    ['/event-counts?from=yesterday', 400, 'from'],
    ['/event-counts?to=1969-01-01', 400, 'to'],
    ['/event-counts?from=2026-01-02&to=2026-01-02', 400, 'to'],
    ['/event-counts?granularity=second', 400, 'granularity'],
    ['/event-counts?by=user_agent', 400, 'by.0'],
    ['/event-counts?zone=Mars/Olympus', 400, 'zone'],
    ['/event-counts?zone=%2B01:00', 400, 'zone'],
    ['/event-counts?limit=0', 400, 'limit'],
    ['/event-counts?limit=many', 400, 'limit'],
    ['/event-counts?typ=purchase', 400, 'typ'],
    ['/event-counts?type=', 400, 'type'],
    ['/event-counts?format=xml', 400, 'format'],
    ['/unique-users?granularity=hour', 400, 'granularity'],
    ['/users/-1/events', 400, 'user_id'],
    ['/users/9007199254740992/events', 400, 'user_id'],
    ['/users/abc/events', 400, 'user_id'],
    ['/users/1/events?cursor=abc', 400, 'cursor'],
    ['/events', 400, 'type'],
    ['/funnel', 400, 'steps'],
    ['/funnel?steps=a', 400, 'steps'],
    ['/funnel?steps=a,b&type=a', 400, 'type'],
    ['/retention?period=hour', 400, 'period'],
    ['/sessions?granularity=hour-of-day', 400, 'granularity'],
    ['/revenue?seconds=31', 400, 'seconds'],
    ['/events?type=a&limit=1001', 400, 'limit'],
  ])('GET %s is refused with %d, naming %s', async (url, statusCode, field) => {
    await expect(get(url)).rejects.toMatchObject({ statusCode, details: { field } });
  });

  test('an unknown path is a 404 that lists the questions; another method is a 405', async () => {
    await expect(get('/nope')).rejects.toMatchObject({
      statusCode: 404,
      details: { questions: expect.any(Array) },
    });
    await expect(get('/top-events', 'POST')).rejects.toMatchObject({ statusCode: 405 });
  });

  test.each(['/top-events', '/function/query/top-events', '/top-events/'])(
    '%s is a question',
    async (path) => {
      const { body = '' } = await get(path);
      expect(JSON.parse(body)).toMatchObject({
        rows: [{ event_type: 'a' }],
        meta: { rows: 1, rows_read: 7, computed: expect.any(String), from: '2026-11-21T12:00:00.000Z' },
      });
    },
  );

  test('repeated asking leaves values to the server', async () => {
    await get("/event-counts?type=o'neill&property.a%20b=%27");
    const last = asked.at(-1);
    expect(last?.query).not.toContain('neill');
    expect(Object.values(last?.query_params ?? {})).toEqual(expect.arrayContaining(["o'neill", 'a b', "'"]));
  });

  test('its own description names every parameter', async () => {
    const document = JSON.parse((await get('/openapi.json')).body ?? '');
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/event-counts', '/users/{user_id}/events']),
    );
    const parameters = document.paths['/users/{user_id}/events'].get.parameters;
    expect(parameters).toContainEqual(
      expect.objectContaining({ name: 'user_id', in: 'path', required: true }),
    );
    expect(parameters).toContainEqual(
      expect.objectContaining({ name: 'cursor', in: 'query', required: false }),
    );
    expect(parameters.every(({ description }: { description?: string }) => description)).toBe(true);
  });
});

describe('formats', () => {
  const answer = {
    rows: [
      { name: 'a,"b"', n: -1, object: { x: 1 } },
      { name: '=SUM(A1)', n: 2, object: null },
    ],
    columns: ['name', 'n', 'object'],
    meta: { computed: 'by hand', elapsed_ms: 1.5, next: 'c' },
  };

  test('csv', () => {
    const { body, headers } = formatAnswer(answer, 'csv');
    expect(body).toBe('name,n,object\r\n"a,""b""",-1,"{""x"":1}"\r\n\'=SUM(A1),2,\r\n');
    expect(headers).toMatchObject({ 'x-computed': 'by hand', 'x-next-cursor': 'c' });
  });

  test('csv without rows still names its columns', () => {
    expect(formatAnswer({ ...answer, rows: [] }, 'csv').body).toBe('name,n,object\r\n');
  });

  test('ndjson', () => {
    expect(formatAnswer(answer, 'ndjson').body?.split('\n')).toHaveLength(3);
  });

  test.each([
    [undefined, undefined, 'json'],
    ['csv', 'application/json', 'csv'],
    [undefined, 'text/html, text/csv;q=0.9', 'csv'],
    [undefined, 'application/x-ndjson', 'ndjson'],
  ] as const)('%s with Accept %s is %s', (parameter, accept, format) => {
    expect(chooseFormat(parameter, accept)).toBe(format);
  });
});

describe('times and cursors', () => {
  test.each([
    ['2026-11-22', Date.UTC(2026, 10, 22)],
    ['2026-11-22T10:00:00.5+01:00', Date.UTC(2026, 10, 22, 9, 0, 0, 500)],
    ['1795435030123', 1_795_435_030_123],
    ['2026-02-30', undefined],
    ['22.11.2026', undefined],
    ['', undefined],
  ])('%s', (text, ms) => {
    expect(timeOf(text)).toBe(ms);
  });

  test('a cursor comes back as it went', () => {
    const cursor = { atMs: 1_795_435_030_123, id: '0192f0c1-7c2e-7d4a-9c57-1f1f0a9b3c55' };
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  });
});
