import { z } from 'zod';
import type { Question } from './question.ts';

type Json = { [key: string]: unknown };

/** OpenAPI 3.1 description of this function, made from the parameters that it checks. */
export function queryOpenApi(questions: readonly Question[]): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'query',
      version: '1.0.0',
      description:
        'Exact answers about events. Every answer says how it was computed, how many rows were read for it and how long it took. Any question about events also takes property.<name>=<value>.',
    },
    servers: [{ url: '/function/query' }],
    paths: Object.fromEntries(questions.map((question) => [question.path, { get: operationOf(question) }])),
    // Asked for where QUERY_KEYS is set.
    security: [{}, { key: [] }],
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Answer: {
          type: 'object',
          required: ['rows', 'meta'],
          properties: {
            rows: { type: 'array', items: { type: 'object' } },
            meta: {
              type: 'object',
              required: ['rows', 'computed', 'elapsed_ms'],
              properties: {
                rows: { type: 'integer' },
                computed: { type: 'string', description: 'the tables that the answer came from' },
                sql: { type: 'string', description: 'the statement that ClickHouse was asked' },
                rows_read: { type: 'integer' },
                elapsed_ms: { type: 'number' },
                next: { type: 'string', description: 'cursor of the next page; absent behind the last' },
              },
            },
          },
        },
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: { type: 'string' },
            field: { type: 'string', description: 'the parameter that is wrong' },
            name: { type: 'string', description: 'timeout, memory_limit, rows_limit or store_unavailable' },
          },
        },
      },
    },
  };
}

function operationOf({ path, summary, parameters }: Question): Json {
  const schema = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const answer = (description: string, name: string): Json => ({
    description,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  return {
    operationId: path.replaceAll(/[/{}]+/g, '_').replaceAll(/^_|_$/g, ''),
    summary,
    parameters: Object.entries(schema.properties ?? {}).map(([name, { description, ...type }]) => ({
      name,
      in: path.includes(`{${name}}`) ? 'path' : 'query',
      required: path.includes(`{${name}}`) || (schema.required ?? []).includes(name),
      description,
      schema: type,
    })),
    responses: {
      200: {
        ...answer('The answer.', 'Answer'),
        content: {
          'application/json': { schema: { $ref: '#/components/schemas/Answer' } },
          'application/x-ndjson': { schema: { type: 'string' } },
          'text/csv': { schema: { type: 'string' } },
        },
      },
      400: answer('A parameter is wrong; it is named.', 'Error'),
      401: answer('Keys are set, and none was given.', 'Error'),
      422: answer('The question passes a limit; it is named.', 'Error'),
      503: answer('The store cannot be asked now.', 'Error'),
      504: answer('The question took too long and was ended.', 'Error'),
    },
  };
}
