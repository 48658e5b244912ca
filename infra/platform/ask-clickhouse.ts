import type { Settings } from '../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../shared/errors/index.ts';

/**
 * Sends a query as it is to the first ClickHouse and answers its text: a table, unless the query says FORMAT.
 *
 * @throws PipelineError `CLICKHOUSE` with the server's own words.
 */
export async function askClickhouse(
  settings: Settings,
  query: string,
  { format = 'PrettyCompactMonoBlock' }: { format?: string } = {},
): Promise<string> {
  const url = new URL(settings.clickhouseUrl.split(/[,|]/)[0] ?? '');
  url.searchParams.set('database', settings.clickhouseDatabase);
  url.searchParams.set('default_format', format);
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      // The server takes it as one statement; a semicolon at its end is usual in a shell.
      body: query.trim().replace(/;+$/, ''),
      headers: {
        'x-clickhouse-user': settings.clickhouseUser,
        ...(settings.clickhousePassword ? { 'x-clickhouse-key': settings.clickhousePassword } : {}),
      },
    });
  } catch (error) {
    const cause = (error as Error).cause;
    throw new PipelineError(
      'CLICKHOUSE',
      `ClickHouse at ${url.origin} does not answer (${messageOf(cause ?? error)}): \`make up\` starts it`,
    );
  }
  const text = await response.text();
  if (!response.ok) throw new PipelineError('CLICKHOUSE', text.trim());
  return text;
}
