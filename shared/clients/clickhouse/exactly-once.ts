import type { ClickHouseSettings } from '@clickhouse/client';

/**
 * Settings of an insert that may be sent again and counts once, in its table and in every rollup behind it.
 *
 * The token stands for the content: a used one drops whatever comes with it and still answers success, so it must
 * name exactly one content, and the same bytes must become the same blocks at every attempt:
 * - synchronous, and parsed by one thread in the order given;
 * - one block, up to a million rows;
 * - a rollup remembers tokens of its own, so that one that missed the rows at a crash gets them at the retry;
 * - what only somebody else's record can hold (events of more than 100 months, half a character in a field that
 *   is skipped) goes through too: a range that is always refused would hold back its partition for ever.
 *
 * @param options.insertQuorum replicas that must have the rows before the answer; `0`: the one that was asked.
 */
export function exactlyOnce(
  token: string,
  { insertQuorum = '0' }: { insertQuorum?: string } = {},
): ClickHouseSettings {
  return {
    ...(insertQuorum === '0' ? {} : { insert_quorum: insertQuorum }),
    insert_deduplication_token: token,
    insert_deduplicate: 1,
    deduplicate_blocks_in_dependent_materialized_views: 1,
    async_insert: 0,
    wait_end_of_query: 1,
    input_format_parallel_parsing: 0,
    max_insert_threads: '1',
    max_insert_block_size: '1048576',
    min_insert_block_size_rows: '1048576',
    min_insert_block_size_bytes: '1073741824',
    max_partitions_per_insert_block: '0',
    input_format_skip_unknown_fields: 1,
    input_format_json_throw_on_bad_escape_sequence: 0,
    date_time_input_format: 'basic',
  };
}
