import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** The answer to a question, whatever its form will be. */
export interface Answer {
  rows: Record<string, unknown>[];
  /** Column names, in order, also when there are no rows. */
  columns: string[];
  meta: {
    /** In words: the tables it came from. */
    computed: string;
    /** The statement, where ClickHouse was asked. */
    sql?: string;
    /** Rows that the store read for it; unknown to MongoDB. */
    rows_read?: number;
    /** Milliseconds, measured here. */
    elapsed_ms: number;
    /** Cursor of the next page. */
    next?: string | undefined;
    [name: string]: unknown;
  };
}

export type Format = 'json' | 'ndjson' | 'csv';

/** What `?format=` says, else what the Accept header names first, else JSON. */
export function chooseFormat(parameter: Format | undefined, accept: string | undefined): Format {
  if (parameter !== undefined) return parameter;
  const known: Record<string, Format> = {
    'application/json': 'json',
    'application/x-ndjson': 'ndjson',
    'text/csv': 'csv',
  };
  for (const type of (accept ?? '').split(',')) {
    const format = known[type.split(';')[0]?.trim().toLowerCase() ?? ''];
    if (format !== undefined) return format;
  }
  return 'json';
}

/** An answer as HTTP: rows and meta in one object, or rows alone with the meta in headers. */
export function formatAnswer(answer: Answer, format: Format): APIGatewayProxyStructuredResultV2 {
  const { rows, columns, meta } = answer;
  if (format === 'json') {
    const body = JSON.stringify({ rows, meta: { rows: rows.length, ...meta } });
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const headers: Record<string, string> = {
    'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
    'x-computed': meta.computed,
    'x-elapsed-ms': String(meta.elapsed_ms),
    ...(meta.rows_read === undefined ? {} : { 'x-rows-read': String(meta.rows_read) }),
    ...(meta.next === undefined ? {} : { 'x-next-cursor': meta.next }),
  };
  const body =
    format === 'csv'
      ? [columns, ...rows.map((row) => columns.map((column) => row[column]))]
          .map((cells) => `${cells.map(cell).join(',')}\r\n`)
          .join('')
      : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return { statusCode: 200, headers, body };
}

/** RFC 4180; objects as JSON. A text that a spreadsheet would take for a formula is kept from being one. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text =
    typeof value === 'object'
      ? value instanceof Date
        ? value.toISOString()
        : JSON.stringify(value)
      : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
