import type { ClickHouseClient } from '@clickhouse/client';
import { originalPositionHeaders } from '../../shared/batch/original-position.ts';
import { rows } from '../../shared/clients/clickhouse/index.ts';
import { headersOf } from '../../shared/clients/kafka-protocol/record-list.ts';
import { type FetchedRecord, recordKey, recordValue } from '../../shared/clients/kafka-protocol/records.ts';
import { dateTimeText } from '../../shared/events/time.ts';
import type { ExceptionState } from './classify.ts';
import { eventMinute } from './event-minute.ts';
import type { KafkaLog } from './kafka/log.ts';
import { retryTopic, type Sink, sinks } from './sinks.ts';

/** A record that a sink need not have, or that was given to it again. */
export interface Exception {
  sink: Sink;
  topicId: string;
  partition: number;
  offset: number;
  /** Milliseconds since 1970. */
  minute: number;
  state: ExceptionState;
  /** The higher one counts. */
  version: number;
}

/** Writes down which records a sink need not have; the same again changes nothing. */
export async function writeExceptions(
  client: ClickHouseClient,
  exceptions: readonly Exception[],
): Promise<void> {
  if (exceptions.length === 0) return;
  await client.insert({
    table: 'check_exceptions',
    format: 'JSONEachRow',
    values: exceptions.map(({ sink, topicId, partition, offset, minute, state, version }) => ({
      sink,
      topic_id: topicId,
      source_partition: partition,
      source_offset: offset,
      minute: dateTimeText(minute).slice(0, 19),
      state,
      version,
    })),
  });
}

export type DeadLetterKey = { sink: Sink; topicId: string; partition: number; offset: number };

/** `<function>/<topic id>/<partition>/<offset>`; undefined for a letter of another function. */
export function parseKey(key: string): DeadLetterKey | undefined {
  const [name, topicId = '', partition = '', offset = ''] = key.split('/');
  const sink = sinks.find((each) => each === name);
  if (sink === undefined || !/^\d+$/.test(partition) || !/^\d+$/.test(offset)) return undefined;
  return { sink, topicId, partition: Number(partition), offset: Number(offset) };
}

/**
 * Reads on in the dead-letter topic and writes down what it says of the sinks' records. A letter that is gone was
 * redriven when its record stands in the sink's retry topic (both are one transaction), else purged.
 */
export function createDeadLetters({ log, topic }: { log: KafkaLog; topic: string }): {
  readOn(client: ClickHouseClient): Promise<void>;
} {
  const redriven = new Set<string>();
  const retryPositions = new Map<string, number>();

  return {
    async readOn(client) {
      const bounds = await log.bounds(topic);
      if (bounds === undefined) return;
      const positions = await readPositions(client, bounds.id);
      const found: { key: DeadLetterKey; record: FetchedRecord }[] = [];
      for (const [partition, end] of bounds.end) {
        const from = Math.max(positions.get(partition) ?? 0, bounds.start.get(partition) ?? 0);
        for await (const records of log.read(topic, partition, from, end)) {
          for (const record of records) {
            const key = parseKey(recordKey(record)?.toString() ?? '');
            if (key !== undefined) found.push({ key, record });
          }
        }
      }
      // After the letters: whatever they say is gone by now stands there.
      if (found.some(({ record }) => recordValue(record) === null)) await readRetryTopics();
      await writeExceptions(client, await exceptionsOf(client, found));
      await writePositions(client, bounds.id, bounds.end);
    },
  };

  async function exceptionsOf(
    client: ClickHouseClient,
    found: readonly { key: DeadLetterKey; record: FetchedRecord }[],
  ): Promise<Exception[]> {
    const exceptions: Exception[] = [];
    const minutes = new Map<string, number>();
    for (const { key, record } of found) {
      const name = nameOf(key);
      const value = recordValue(record);
      const gone = value === null;
      const minute = gone ? (minutes.get(name) ?? (await knownMinute(client, key))) : eventMinute(value);
      // The ledger does not count what is no event, and a letter that nobody has seen stood for none.
      if (minute === undefined) continue;
      minutes.set(name, minute);
      const state = gone ? (redriven.has(name) ? 'redriven' : 'purged') : 'open';
      exceptions.push({ ...key, minute, state, version: record.offset + 1 });
    }
    return exceptions;
  }

  async function readRetryTopics(): Promise<void> {
    for (const sink of sinks) {
      const retry = retryTopic(sink);
      const bounds = await log.bounds(retry);
      for (const [partition, end] of bounds?.end ?? []) {
        const position = `${bounds?.id}/${partition}`;
        const from = retryPositions.get(position) ?? bounds?.start.get(partition) ?? 0;
        for await (const records of log.read(retry, partition, from, end)) {
          for (const record of records) {
            const origin = originOf(record);
            if (origin !== undefined) redriven.add(nameOf({ sink, ...origin }));
          }
        }
        retryPositions.set(position, end);
      }
    }
  }
}

function nameOf({ sink, topicId, partition, offset }: DeadLetterKey): string {
  return `${sink}/${topicId}/${partition}/${offset}`;
}

function originOf(record: FetchedRecord): Omit<DeadLetterKey, 'sink'> | undefined {
  const headers = headersOf(record);
  const header = (name: string) => headers.findLast(([key]) => key.toString() === name)?.[1]?.toString();
  const topicId = header(originalPositionHeaders.topicId);
  const partition = Number(header(originalPositionHeaders.partition));
  const offset = Number(header(originalPositionHeaders.offset));
  if (topicId === undefined || !Number.isSafeInteger(partition) || !Number.isSafeInteger(offset))
    return undefined;
  return { topicId, partition, offset };
}

async function knownMinute(client: ClickHouseClient, key: DeadLetterKey): Promise<number | undefined> {
  const [known] = await rows<{ minute: number }>(
    client,
    `SELECT toUnixTimestamp(minute) AS minute FROM check_exceptions FINAL
WHERE sink = {sink:String} AND topic_id = {topicId:String}
  AND source_partition = {partition:UInt16} AND source_offset = {offset:UInt64}`,
    { params: { ...key } },
  );
  return known === undefined ? undefined : known.minute * 1000;
}

async function readPositions(client: ClickHouseClient, topicId: string): Promise<Map<number, number>> {
  const found = await rows<{ partition: number; next: string }>(
    client,
    'SELECT partition, next_offset AS next FROM check_positions FINAL WHERE topic_id = {topicId:String}',
    { params: { topicId } },
  );
  return new Map(found.map(({ partition, next }) => [partition, Number(next)]));
}

async function writePositions(
  client: ClickHouseClient,
  topicId: string,
  ends: ReadonlyMap<number, number>,
): Promise<void> {
  const values = [...ends].map(([partition, next_offset]) => ({ topic_id: topicId, partition, next_offset }));
  if (values.length > 0) await client.insert({ table: 'check_positions', format: 'JSONEachRow', values });
}
