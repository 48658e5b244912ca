-- What aggregation-check knows and has found. Used on the first shard alone.

-- Kafka's ledger: what one segment of one partition of events_clean holds, by minute of event time. A segment is
-- written once it lies below the read-committed end; it never changes then, so that writing it twice changes nothing.
CREATE TABLE IF NOT EXISTS {database}.check_ledger
(
    topic_id         String,
    source_partition UInt16,
    segment          UInt64,
    first_offset     UInt64,
    end_offset       UInt64,
    events           UInt64,
    minutes          Array(DateTime('UTC')),
    counts           Array(UInt64),
    offset_sums      Array(UInt64)
)
ENGINE = {engine:ReplacingMergeTree:events}
ORDER BY (topic_id, source_partition, segment)
SETTINGS non_replicated_deduplication_window = 10000;

-- Dead letters of the two sinks: their events are not lost, they are kept elsewhere.
CREATE TABLE IF NOT EXISTS {database}.check_dead_letters
(
    function         LowCardinality(String),
    topic_id         String,
    source_partition UInt16,
    source_offset    UInt64,
    minute           Nullable(DateTime('UTC')),
    state            Enum8('open' = 1, 'closed' = 2),
    dlq_partition    UInt16,
    dlq_offset       UInt64
)
ENGINE = {engine:ReplacingMergeTree:dlq_offset}
ORDER BY (function, topic_id, source_partition, source_offset);

-- How far each partition of the dead-letter topic has been read into the table above.
CREATE TABLE IF NOT EXISTS {database}.check_positions
(
    topic_id     String,
    partition    UInt16,
    next_offset  UInt64
)
ENGINE = {engine:ReplacingMergeTree:next_offset}
ORDER BY (topic_id, partition);

-- Every verdict, for a year.
CREATE TABLE IF NOT EXISTS {database}.check_verdicts
(
    checked_at  DateTime64(3, 'UTC'),
    scope       LowCardinality(String),
    status      LowCardinality(String),
    events      UInt64,
    minutes     UInt64,
    lost        UInt64,
    doubled     UInt64,
    drifted     UInt64,
    duration_ms UInt32,
    verdict     String
)
ENGINE = {engine:MergeTree}
ORDER BY checked_at
TTL toDate(checked_at) + INTERVAL 365 DAY;
