import { eventFieldsTable, eventJsonSchema, ingestOpenApi } from './open-api.ts';

/** Files of `docs/` that are made from the schema, by name. */
export function documents(): Record<string, string> {
  return {
    'event.schema.json': json(eventJsonSchema()),
    'ingest.openapi.json': json(ingestOpenApi()),
    'event-fields.md': `# Fields of an event\n\nMade by \`node shared/events/write-documents.ts\`.\n\n${eventFieldsTable()}`,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
