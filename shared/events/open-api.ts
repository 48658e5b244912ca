import { z } from 'zod';
import { eventSchema } from './event-schema.ts';
import { limits } from './limits.ts';

type Json = { [key: string]: unknown };

/** JSON Schema (2020-12) of one event as it is sent. */
export function eventJsonSchema(): Json {
  const schema = z.toJSONSchema(eventSchema, {
    io: 'input',
    // The check of properties is code; its meta says what JSON Schema can say of it.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete jsonSchema.absent;
    },
  }) as Json;
  return { title: 'Event', ...schema };
}

/** OpenAPI 3.1 description of `ingest`. */
export function ingestOpenApi(): Json {
  const { $schema: _, ...event } = eventJsonSchema();
  const answer = (description: string, schema: string, headers?: Json): Json => ({
    description,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
  });
  const one = { $ref: '#/components/schemas/Event' };
  return {
    openapi: '3.1.0',
    info: {
      title: 'ingest',
      version: '1.0.0',
      description:
        'Takes events in. An event is accepted once all in-sync Kafka brokers have acknowledged it. Whatever the answer, the same request may be sent again: the same event_id counts once.',
    },
    servers: [{ url: '/function/ingest' }],
    paths: {
      '/': {
        post: {
          operationId: 'ingest',
          summary: 'Send events',
          security: [{}, { writeKey: [] }],
          requestBody: {
            required: true,
            description: `At most ${limits.requestEvents} events and ${limits.requestBytes} bytes; one event at most ${limits.eventBytes} bytes.`,
            content: {
              'application/json': {
                schema: { oneOf: [one, { type: 'array', maxItems: limits.requestEvents, items: one }] },
              },
              'application/x-ndjson': { schema: { type: 'string', description: 'one event a line' } },
            },
          },
          responses: {
            202: answer('All events are accepted.', 'Accepted'),
            207: answer('Some events are accepted, the others are named.', 'Partly'),
            400: answer('The body is no JSON, not UTF-8, or empty.', 'Refused'),
            401: answer('A write key is needed.', 'Error'),
            413: answer('The body or an event is too large, or there are too many.', 'Refused'),
            422: answer('Every event has a fault.', 'Refused'),
            503: answer('Kafka has not acknowledged; send the same events again.', 'Error', {
              'Retry-After': { schema: { type: 'integer' }, description: 'seconds' },
            }),
          },
        },
      },
    },
    components: {
      securitySchemes: { writeKey: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Event: event,
        Accepted: object({ accepted: { type: 'integer' } }),
        Partly: object({
          accepted: { type: 'integer' },
          rejected: { $ref: '#/components/schemas/Rejected' },
        }),
        Refused: object({
          error: { type: 'string' },
          accepted: { const: 0 },
          rejected: { $ref: '#/components/schemas/Rejected' },
        }),
        Rejected: {
          type: 'array',
          items: object({
            index: { type: 'integer', description: 'place in the request, from 0' },
            field: {
              type: 'string',
              description: 'a path such as properties.amount; event or body for the whole',
            },
            reason: { type: 'string' },
          }),
        },
        Error: { ...object({ error: { type: 'string' } }), additionalProperties: true },
      },
    },
  };
}

function object(properties: Json): Json {
  return { type: 'object', required: Object.keys(properties), properties };
}

/** The table of fields, in Markdown. */
export function eventFieldsTable(): string {
  const rows = Object.entries(eventSchema.shape).map(([field, schema]) => {
    const { description = '', absent = '' } = (schema.meta() ?? {}) as {
      description?: string;
      absent?: string;
    };
    return `| \`${field}\` | ${description} | ${absent} |`;
  });
  return [
    '| Field | Rule | When absent |',
    '|---|---|---|',
    ...rows,
    '| anything else | rejected by name | |',
    '',
  ].join('\n');
}
