-- One row an event, on the shard that its range was sent to.
--
-- Two projections answer the common questions without reading rows; being part of the same data part they cannot
-- disagree with it: counts by day, type, hour of day, minute and source; distinct users by day.
--
-- The window remembers the tokens of two hours at 69 inserts a second (a plain table remembers none unless told).
-- It has no age limit: a range that waited for days is still known when it comes again.
CREATE TABLE IF NOT EXISTS {database}.events_local
(
    event_id         UUID,
    event_type       LowCardinality(String),
    category         LowCardinality(String),
    timestamp        DateTime64(3, 'UTC') CODEC(Delta(8), LZ4),
    event_date       Date DEFAULT toDate(timestamp),
    user_id          UInt64,
    session_id       String,
    country          LowCardinality(String),
    device           LowCardinality(String),
    browser          LowCardinality(String),
    amount           Decimal(18, 2),
    currency         LowCardinality(String),
    properties       Map(LowCardinality(String), String),
    received_at      DateTime64(3, 'UTC') CODEC(Delta(8), LZ4),
    source_partition UInt16,
    source_offset    UInt64 CODEC(Delta(8), LZ4),

    PROJECTION counts
    (
        SELECT event_date, event_type, toHour(timestamp), toStartOfMinute(timestamp), source_partition,
               count(), sum(source_offset), max(source_offset)
        GROUP BY event_date, event_type, toHour(timestamp), toStartOfMinute(timestamp), source_partition
    ),
    PROJECTION users
    (
        SELECT event_date, uniqExact(user_id) GROUP BY event_date
    )
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(event_date)
ORDER BY (event_type, timestamp)
TTL event_date + INTERVAL {retention_days} DAY
SETTINGS non_replicated_deduplication_window = 500000,
         replicated_deduplication_window = 500000,
         replicated_deduplication_window_seconds = 315360000;
