/** What the engine is told at start. */
export interface EngineConfig {
  /** Bytes that all queries and background work may hold; above it a query fails with code 241. */
  maxMemoryBytes: number;
  /** The cluster whose one shard is this server, so that Distributed tables work. */
  cluster: string;
  /** Folder that `BACKUP … TO File('…')` may write below. */
  backupsFolder: string;
  /** Flush rows and folders to the disk before an insert is acknowledged. */
  fsync: boolean;
}

/**
 * The engine's configuration file, in ClickHouse's XML.
 *
 * No `default_database` in the shard: the engine then looks for the table in a database that it has not loaded.
 * `tcp_port` opens nothing; it makes the engine recognise the shard as itself. Projections are written by the first
 * merge, not by each insert: that saves an insert of 4,000 rows a quarter of its processor time, and the few rows that
 * are not merged yet are read as rows.
 */
export function engineConfigFile({ maxMemoryBytes, cluster, backupsFolder, fsync }: EngineConfig): string {
  const flag = fsync ? 1 : 0;
  return `<clickhouse>
  <timezone>UTC</timezone>
  <tcp_port>9000</tcp_port>
  <remote_servers>
    <${cluster}><shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard></${cluster}>
  </remote_servers>
  <backups><allowed_path>${escapeXml(backupsFolder)}/</allowed_path></backups>
  <max_server_memory_usage>${maxMemoryBytes}</max_server_memory_usage>
  <mark_cache_size>${64 << 20}</mark_cache_size>
  <index_mark_cache_size>${8 << 20}</index_mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <mmap_cache_size>100</mmap_cache_size>
  <compiled_expression_cache_size>${16 << 20}</compiled_expression_cache_size>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
  <background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
  <background_buffer_flush_schedule_pool_size>1</background_buffer_flush_schedule_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <max_thread_pool_size>300</max_thread_pool_size>
  <max_io_thread_pool_size>32</max_io_thread_pool_size>
  <merge_tree>
    <fsync_after_insert>${flag}</fsync_after_insert>
    <fsync_part_directory>${flag}</fsync_part_directory>
    <materialize_projections_on_insert>0</materialize_projections_on_insert>
    <materialize_projections_on_merge>1</materialize_projections_on_merge>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
`;
}

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
