-- The exact set of users of a day, as a bitmap: sets of several days and shards unite without counting anyone twice.
CREATE TABLE IF NOT EXISTS {database}.users_per_day_local
(
    event_date Date,
    users      AggregateFunction(groupBitmap, UInt64)
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY toYYYYMM(event_date)
ORDER BY event_date
TTL event_date + INTERVAL {retention_days} DAY
SETTINGS non_replicated_deduplication_window = 500000,
         replicated_deduplication_window = 500000,
         replicated_deduplication_window_seconds = 315360000;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.users_per_day_view
TO {database}.users_per_day_local
AS SELECT event_date, groupBitmapState(user_id) AS users
FROM {database}.events_local
GROUP BY event_date;

CREATE TABLE IF NOT EXISTS {database}.users_per_day AS {database}.users_per_day_local
ENGINE = Distributed('{cluster}', '{database}', 'users_per_day_local');
