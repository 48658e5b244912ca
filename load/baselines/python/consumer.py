"""The pipeline as most people would write it in Python: one consumer process, batches of 1,000, at least once.

Reads events_raw, cleans each event, writes to MongoDB and ClickHouse at the same time, then commits the offsets.
"""

import json
import os
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import lru_cache

import clickhouse_connect
from confluent_kafka import Consumer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pymongo import MongoClient
from pymongo.errors import BulkWriteError
from user_agents import parse as parse_user_agent

BATCH_SIZE = int(os.environ.get("BATCH_SIZE", "1000"))
EXPECTED = int(os.environ.get("EXPECTED_EVENTS", "0"))
COLUMNS = [
    "event_id", "event_type", "timestamp", "user_id", "session_id", "country",
    "device", "browser", "amount", "currency", "properties", "received_at",
]
LAST_OCTET = re.compile(r"\.\d+$")


class Event(BaseModel):
    """The same checks as the pipeline's, written the plain way."""

    model_config = ConfigDict(extra="forbid", strict=True)

    event_id: str | None = Field(None, pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    event_type: str = Field(pattern=r"^[a-z][a-z0-9_.]{0,63}$")
    timestamp: int | str | None = None
    user_id: int = Field(ge=0, le=2**53 - 1)
    session_id: str = Field("", max_length=200)
    country: str = Field("", min_length=2, max_length=2)
    ip: str = Field("", max_length=45)
    user_agent: str = Field("", max_length=1024)
    properties: dict = {}


ADAPTER = TypeAdapter(Event)


@lru_cache(maxsize=10_000)
def agent_of(text):
    agent = parse_user_agent(text)
    device = "mobile" if agent.is_mobile else "tablet" if agent.is_tablet else "desktop"
    return device, agent.browser.family


def time_of(value, kafka_ms):
    if value is None:
        return datetime.fromtimestamp(kafka_ms / 1000, timezone.utc)
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, timezone.utc)
    return datetime.fromisoformat(value)


def clean(value, kafka_ms):
    """A document for MongoDB and a row for ClickHouse, or None for an invalid event."""
    try:
        event = ADAPTER.validate_json(value or b"")
        timestamp = time_of(event.timestamp, kafka_ms)
    except (ValidationError, ValueError):
        return None
    received = datetime.fromtimestamp(kafka_ms / 1000, timezone.utc)
    event_id = event.event_id or str(uuid.uuid4())
    device, browser = agent_of(event.user_agent)
    properties = event.properties
    document = {
        "_id": event_id, "event_type": event.event_type, "timestamp": timestamp, "user_id": event.user_id,
        "session_id": event.session_id, "country": event.country, "user_agent": event.user_agent,
        "ip": LAST_OCTET.sub(".0", event.ip), "properties": properties, "received_at": received,
    }
    amount = properties.get("amount")
    row = (
        event_id, event.event_type, timestamp, event.user_id, event.session_id, event.country, device, browser,
        round(amount, 2) if isinstance(amount, (int, float)) else 0, str(properties.get("currency", "")),
        {k: v if isinstance(v, str) else json.dumps(v) for k, v in properties.items()}, received,
    )
    return document, row


def main():
    consumer = Consumer({
        "bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
        "group.id": os.environ.get("GROUP", "baseline-python"),
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    })
    consumer.subscribe([os.environ.get("EVENTS_RAW_TOPIC", "events_raw")])
    mongo = MongoClient(os.environ.get("MONGODB_URI", "mongodb://127.0.0.1:27017"))
    collection = mongo[os.environ.get("MONGODB_DATABASE", "baseline")]["raw_events"]
    clickhouse = clickhouse_connect.get_client(
        dsn=os.environ.get("CLICKHOUSE_URL", "http://127.0.0.1:8123"),
        username=os.environ.get("CLICKHOUSE_USER", "default"),
        password=os.environ.get("CLICKHOUSE_PASSWORD", ""),
        database=os.environ.get("CLICKHOUSE_DATABASE", "baseline"),
        # On loopback compressing costs more than it saves.
        compress=False,
    )

    def write_mongo(documents):
        try:
            collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != 11000 for e in error.details["writeErrors"]):
                raise

    seen = rejected = 0
    started = None
    with ThreadPoolExecutor(2) as pool:
        while EXPECTED == 0 or seen < EXPECTED:
            messages = consumer.consume(BATCH_SIZE, timeout=0.05)
            if not messages:
                continue
            started = started or time.monotonic()
            cleaned = [clean(m.value(), m.timestamp()[1]) for m in messages if m.error() is None]
            good = [c for c in cleaned if c is not None]
            rejected += len(cleaned) - len(good)
            if good:
                writes = [
                    pool.submit(write_mongo, [document for document, _ in good]),
                    pool.submit(clickhouse.insert, "events", [row for _, row in good], column_names=COLUMNS),
                ]
                for write in writes:
                    write.result()
            consumer.commit(asynchronous=False)
            seen += len(cleaned)
    seconds = time.monotonic() - started
    cpu = os.times()
    print(json.dumps({
        "events": seen, "rejected": rejected, "seconds": seconds, "cpuSeconds": cpu.user + cpu.system,
        "eventsPerSecond": round(seen / seconds),
    }))
    consumer.close()


if __name__ == "__main__":
    main()
