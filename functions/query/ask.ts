import type { ClickHouse } from '../../shared/clients/clickhouse/index.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';
import type { Answer } from './answer.ts';
import { literalSql, type Statement } from './sql.ts';

/** What a single question may use. */
export interface Limits {
  seconds: number;
  memoryBytes: number;
  readRows: number;
}

export const standardLimits: Limits = {
  seconds: 30,
  memoryBytes: 2_000_000_000,
  readRows: 2_000_000_000,
};

/**
 * Asks ClickHouse, bound by limits, through the distributed tables of the first shard.
 *
 * @throws HttpError that names the limit that was passed (422, 504), or 503 when the server cannot be asked.
 */
export async function ask(
  clickhouse: Pick<ClickHouse, 'shards'>,
  statement: Statement,
  { signal, limits = standardLimits }: { signal?: AbortSignal | undefined; limits?: Limits } = {},
): Promise<Answer> {
  const startedAt = performance.now();
  try {
    const answer = await clickhouse.shards[0]?.run(async (client) => {
      const result = await client.query({
        query: statement.text,
        query_params: statement.params,
        format: 'JSON',
        ...(signal === undefined ? {} : { abort_signal: signal }),
        clickhouse_settings: {
          max_execution_time: limits.seconds,
          max_memory_usage: String(limits.memoryBytes),
          max_rows_to_read: String(limits.readRows),
          // A caller that has gone needs no answer.
          cancel_http_readonly_queries_on_client_close: 1,
          readonly: '1',
          output_format_json_quote_64bit_integers: 0,
        },
      });
      return result.json<Record<string, unknown>>();
    });
    return {
      rows: answer?.data ?? [],
      columns: (answer?.meta ?? []).map(({ name }) => name),
      meta: {
        computed: statement.computed,
        sql: literalSql(statement),
        rows_read: answer?.statistics?.rows_read ?? 0,
        elapsed_ms: Math.round((performance.now() - startedAt) * 10) / 10,
      },
    };
  } catch (error) {
    throw asHttpError(error, limits);
  }
}

function asHttpError(error: unknown, limits: Limits): HttpError {
  const code = Number((error as { code?: unknown }).code);
  if (code === 159) {
    return new HttpError(504, `the question took longer than ${limits.seconds} s and was ended`, {
      cause: error,
      details: { name: 'timeout' },
    });
  }
  if (code === 241) {
    return new HttpError(422, `the question needs more than ${limits.memoryBytes} bytes of memory`, {
      cause: error,
      details: { name: 'memory_limit' },
    });
  }
  if (code === 158 || code === 307) {
    return new HttpError(422, `the question reads more than ${limits.readRows} rows`, {
      cause: error,
      details: { name: 'rows_limit' },
    });
  }
  return new HttpError(503, `ClickHouse: ${messageOf(error)}`, {
    cause: error,
    retryAfterSeconds: 1,
    details: { name: 'store_unavailable' },
  });
}
