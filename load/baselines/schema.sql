-- What the baselines write to: the plain table most people would make.
CREATE TABLE IF NOT EXISTS events
(
    event_id    UUID,
    event_type  LowCardinality(String),
    timestamp   DateTime64(3, 'UTC'),
    user_id     UInt64,
    session_id  String,
    country     LowCardinality(String),
    device      LowCardinality(String),
    browser     LowCardinality(String),
    amount      Decimal(18, 2),
    currency    LowCardinality(String),
    properties  Map(LowCardinality(String), String),
    received_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (event_type, timestamp)
