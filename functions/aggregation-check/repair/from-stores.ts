import type { ClickHouseClient } from '@clickhouse/client';
import type { Collection, Document } from 'mongodb';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import { amountText, currencyText } from '../../../shared/events/amount.ts';
import type { CleanEvent } from '../../../shared/events/clean-event.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import type { Client } from '../../../shared/events/user-agent.ts';
import { type SinkRecord, sinkRecord } from '../../../shared/sink/read-range.ts';
import type { EventRef } from '../classify.ts';

/** MongoDB's copies of events, as the records they were written from: nothing is missing from them. */
export async function readFromMongo(
  events: Collection<Document>,
  refs: readonly EventRef[],
  readClient: (userAgent: string) => Client,
): Promise<SinkRecord[]> {
  const found: SinkRecord[] = [];
  for (const [partition, all] of Map.groupBy(refs, (ref) => ref.partition)) {
    for (let i = 0; i < all.length; i += 500) {
      const offsets = all.slice(i, i + 500).map(({ offset }) => offset);
      const documents = events.find({
        'source.clean.partition': partition,
        'source.clean.offset': { $in: offsets },
      });
      for await (const document of documents) found.push(recordOf(document, readClient));
    }
  }
  return found;
}

function recordOf(document: Document, readClient: (userAgent: string) => Client): SinkRecord {
  const { raw, clean } = document.source;
  const client = readClient(document.user_agent);
  const event: CleanEvent = {
    event_id: String(document._id),
    event_type: document.event_type,
    category: document.category,
    timestamp: document.timestamp.getTime(),
    user_id: Number(document.user_id),
    session_id: document.session_id,
    country: document.country,
    device: client.device,
    browser: client.browser,
    amount: amountText(document.properties.amount),
    currency: currencyText(document.properties.currency),
    received_at: document.received_at.getTime(),
    user_agent: document.user_agent,
    ip: document.ip,
    raw_partition: Number(raw?.partition ?? 0),
    raw_offset: Number(raw?.offset ?? 0),
    properties: document.properties,
  };
  const source = { partition: Number(clean.partition), offset: Number(clean.offset) };
  return sinkRecord(event, Buffer.from(encodeClean(event)), source);
}

interface EventRow {
  event_id: string;
  event_type: string;
  category: string;
  timestamp_ms: string;
  user_id: string;
  session_id: string;
  country: string;
  properties: Record<string, string>;
  received_ms: string;
  partition: number;
  offset: string;
}

/**
 * ClickHouse's copies of events, as documents for MongoDB. ClickHouse keeps no user agent, no address and no types of
 * properties: those stay empty or text, and `restored_from` says so.
 */
export async function documentsFromClickhouse(
  servers: readonly ClickHouseClient[],
  refs: readonly EventRef[],
): Promise<Document[]> {
  const found = new Map<string, Document>();
  for (const [partition, all] of Map.groupBy(refs, (ref) => ref.partition)) {
    for (const server of servers) {
      const page = await rows<EventRow>(
        server,
        `SELECT toString(event_id) AS event_id, event_type, category, toUnixTimestamp64Milli(timestamp) AS timestamp_ms,
  toString(user_id) AS user_id, session_id, country, properties, toUnixTimestamp64Milli(received_at) AS received_ms,
  source_partition AS partition, toString(source_offset) AS offset
FROM events_local
WHERE source_partition = {partition:UInt16} AND source_offset IN {offsets:Array(UInt64)}
LIMIT 1 BY source_offset`,
        { params: { partition, offsets: all.map(({ offset }) => offset) } },
      );
      for (const row of page) found.set(`${row.partition}/${row.offset}`, documentOf(row));
    }
  }
  return [...found.values()];
}

function documentOf(row: EventRow): Document {
  return {
    _id: row.event_id,
    event_type: row.event_type,
    timestamp: new Date(Number(row.timestamp_ms)),
    user_id: Number(row.user_id),
    session_id: row.session_id,
    country: row.country,
    category: row.category,
    properties: Object.fromEntries(
      Object.entries(row.properties).map(([name, text]) => [name, /^[[{]/.test(text) ? parsed(text) : text]),
    ),
    user_agent: '',
    ip: '',
    received_at: new Date(Number(row.received_ms)),
    source: { clean: { partition: row.partition, offset: Number(row.offset) } },
    restored_from: 'clickhouse',
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
