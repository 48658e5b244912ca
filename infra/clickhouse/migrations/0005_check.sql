-- What aggregation-check knows and has found. Used on the first shard alone.

-- Kafka's ledger: what a segment of one partition of events_clean holds, by minute of event time. A segment is
-- written again as it grows, and the row that reaches further replaces the other, so writing twice changes nothing.
CREATE TABLE IF NOT EXISTS {database}.check_ledger
(
    topic_id         String,
    source_partition UInt16,
    first_offset     UInt64,
    end_offset       UInt64,
    minutes          Array(DateTime('UTC')),
    counts           Array(UInt64),
    offset_sums      Array(UInt64)
)
ENGINE = {engine:ReplacingMergeTree:end_offset}
ORDER BY (topic_id, source_partition, first_offset);

-- Records of events_clean that one sink need not have: dead letters, open or purged, and repeats of an event that
-- the store has from another place. Redriven ones are noted too; those it must have.
CREATE TABLE IF NOT EXISTS {database}.check_exceptions
(
    sink             LowCardinality(String),
    topic_id         String,
    source_partition UInt16,
    source_offset    UInt64,
    minute           DateTime('UTC'),
    state            Enum8('open' = 1, 'purged' = 2, 'redriven' = 3, 'repeat' = 4),
    version          UInt64
)
ENGINE = {engine:ReplacingMergeTree:version}
ORDER BY (sink, topic_id, source_partition, source_offset);

-- How far each partition of the dead-letter topic has been read into the table above.
CREATE TABLE IF NOT EXISTS {database}.check_positions
(
    topic_id    String,
    partition   UInt16,
    next_offset UInt64
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
