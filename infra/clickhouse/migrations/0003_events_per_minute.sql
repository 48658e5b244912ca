-- Events by minute and type.
CREATE TABLE IF NOT EXISTS {database}.events_per_minute_local
(
    minute     DateTime('UTC'),
    event_type LowCardinality(String),
    category   LowCardinality(String),
    events     SimpleAggregateFunction(sum, UInt64)
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, event_type, category)
TTL toDate(minute) + INTERVAL {retention_days} DAY
SETTINGS non_replicated_deduplication_window = 500000,
         replicated_deduplication_window = 500000,
         replicated_deduplication_window_seconds = 315360000;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.events_per_minute_view
TO {database}.events_per_minute_local
AS SELECT toStartOfMinute(timestamp) AS minute, event_type, category, count() AS events
FROM {database}.events_local
GROUP BY minute, event_type, category;

CREATE TABLE IF NOT EXISTS {database}.events_per_minute AS {database}.events_per_minute_local
ENGINE = Distributed('{cluster}', '{database}', 'events_per_minute_local');
