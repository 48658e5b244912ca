-- All shards as one table, for reading. It has no sharding key on purpose: writers choose the shard by route.
CREATE TABLE IF NOT EXISTS {database}.events_distributed AS {database}.events_local
ENGINE = Distributed('{cluster}', '{database}', 'events_local');
