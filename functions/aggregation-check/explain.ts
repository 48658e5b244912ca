import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../shared/clients/clickhouse/index.ts';
import { recordValue } from '../../shared/clients/kafka-protocol/records.ts';
import { decodeClean } from '../../shared/events/clean-record.ts';
import { dateTimeText } from '../../shared/events/time.ts';
import { classify, type ExceptionState, type Faults } from './classify.ts';
import type { Bucket } from './counts.ts';
import { eventMinute } from './event-minute.ts';
import type { KafkaLog } from './kafka/log.ts';
import { pieceKey } from './pieces.ts';
import type { Scope } from './scope.ts';
import type { Sink } from './sinks.ts';
import { scopeParams } from './stores/clickhouse.ts';
import type { OffsetRange } from './stores/mongo.ts';

/** The event ids at each offset. */
export type Places = ReadonlyMap<number, readonly string[]>;

/** One side of a bucket: its sink, and what its store has there among the offsets of a range. */
export interface Side {
  sink: Sink;
  placesIn: (range: OffsetRange) => Promise<Places>;
}

/** Finds out which events make a bucket of a store differ from Kafka. */
export interface Explainer {
  /**
   * Where the log no longer holds the records, the other store says which they were, if it has as many as the ledger.
   *
   * @param within the offsets that were compared.
   * @returns `named: false` when nothing is left that says which events are meant.
   */
  explain(
    bucket: Bucket,
    options: Side & { other: Side; retryDone: boolean; within: readonly OffsetRange[] },
  ): Promise<Faults & { named: boolean }>;
}

/** Records of one piece of the ledger, as far as an explanation needs them. */
type PieceRecords = { offset: number; minute: number | undefined; value: Buffer }[] | undefined;

/** A piece, and what the ledger says of one minute in it. */
interface CountedPiece extends OffsetRange {
  events: number;
  offsetSum: bigint;
}

/** For one check: a piece of the log is read once, however many buckets ask about it. */
export function createExplainer({
  log,
  client,
  topic,
  scope,
  logStart,
}: {
  log: KafkaLog;
  client: ClickHouseClient;
  topic: string;
  scope: Scope;
  logStart: ReadonlyMap<number, number>;
}): Explainer {
  const read = new Map<string, Promise<PieceRecords>>();

  return {
    async explain(bucket, { sink, placesIn, other, retryDone, within }) {
      const compared = (await piecesWith(client, scope, bucket)).filter((piece) =>
        within.some(
          ({ partition, from, to }) => partition === piece.partition && from <= piece.from && piece.to <= to,
        ),
      );
      const kafka =
        (await idsInKafka(bucket, compared)) ?? (await idsInOther(bucket, { other, compared, within }));
      const stored = new Map<number, number>();
      for (const [offset, ids] of await placesOf({ sink, placesIn }, bucket, within)) {
        stored.set(offset, ids.length);
      }
      const exceptions = await exceptionsOf(client, scope, sink, bucket);
      const faults = classify({ partition: bucket.partition, kafka, stored, exceptions, retryDone });
      return { ...faults, named: kafka !== undefined };
    },
  };

  async function idsInKafka(bucket: Bucket, pieces: readonly OffsetRange[]) {
    const ids = new Map<number, string>();
    for (const piece of pieces) {
      const records = await recordsOf(piece);
      if (records === undefined) return undefined;
      for (const { offset, minute, value } of records) {
        if (minute === bucket.minute) ids.set(offset, idOf(value));
      }
    }
    return ids;
  }

  /** What the other store has, with what it need not have; undefined unless that is all that the ledger counts. */
  async function idsInOther(
    bucket: Bucket,
    {
      other,
      compared,
      within,
    }: { other: Side; compared: readonly CountedPiece[]; within: readonly OffsetRange[] },
  ) {
    const ids = new Map<number, string>();
    const isCompared = (offset: number) => compared.some(({ from, to }) => from <= offset && offset < to);
    for (const [offset, state] of await exceptionsOf(client, scope, other.sink, bucket)) {
      if (state !== 'redriven' && isCompared(offset)) ids.set(offset, '');
    }
    for (const [offset, [id = '']] of await placesOf(other, bucket, within)) ids.set(offset, id);
    const events = compared.reduce((sum, piece) => sum + piece.events, 0);
    const offsetSum = compared.reduce((sum, piece) => sum + piece.offsetSum, 0n);
    const found = [...ids.keys()].reduce((sum, offset) => sum + BigInt(offset), 0n);
    return ids.size === events && found === offsetSum ? ids : undefined;
  }

  function recordsOf(piece: OffsetRange): Promise<PieceRecords> {
    const key = pieceKey(piece);
    const existing = read.get(key);
    if (existing !== undefined) return existing;
    const reading = readPiece(piece);
    read.set(key, reading);
    return reading;
  }

  async function readPiece({ partition, from, to }: OffsetRange): Promise<PieceRecords> {
    if ((logStart.get(partition) ?? 0) > from) return undefined;
    const found: NonNullable<PieceRecords> = [];
    for await (const records of log.read(topic, partition, from, to)) {
      for (const record of records) {
        const value = recordValue(record);
        if (value !== null) found.push({ offset: record.offset, minute: eventMinute(value), value });
      }
    }
    return found;
  }
}

async function placesOf(
  { placesIn }: Side,
  { partition }: Bucket,
  within: readonly OffsetRange[],
): Promise<Map<number, readonly string[]>> {
  const places = new Map<number, readonly string[]>();
  for (const range of within.filter((each) => each.partition === partition)) {
    for (const [offset, ids] of await placesIn(range)) {
      if (range.from <= offset && offset < range.to) places.set(offset, ids);
    }
  }
  return places;
}

function idOf(value: Buffer): string {
  try {
    return decodeClean(value).event_id;
  } catch {
    return '';
  }
}

/** The ledger's pieces that hold events of a bucket. */
async function piecesWith(
  client: ClickHouseClient,
  scope: Scope,
  { partition, minute }: Bucket,
): Promise<CountedPiece[]> {
  const found = await rows<{ first: string; end: string; events: string; offsets: string }>(
    client,
    `SELECT first_offset AS first, end_offset AS end,
  toString(counts[indexOf(minutes, {minute:DateTime('UTC')})]) AS events,
  toString(offset_sums[indexOf(minutes, {minute:DateTime('UTC')})]) AS offsets
FROM check_ledger FINAL
WHERE topic_id = {topic:String} AND source_partition = {partition:UInt16}
  AND first_offset >= {bases:Array(UInt64)}[source_partition + 1] AND has(minutes, {minute:DateTime('UTC')})`,
    { params: { ...scopeParams(scope), partition, minute: dateTimeText(minute).slice(0, 19) } },
  );
  return found.map(({ first, end, events, offsets }) => ({
    partition,
    from: Number(first),
    to: Number(end),
    events: Number(events),
    offsetSum: BigInt(offsets),
  }));
}

async function exceptionsOf(
  client: ClickHouseClient,
  scope: Scope,
  sink: Sink,
  { partition, minute }: Bucket,
): Promise<Map<number, ExceptionState>> {
  const found = await rows<{ offset: string; state: ExceptionState }>(
    client,
    `SELECT source_offset AS offset, state FROM check_exceptions FINAL
WHERE topic_id = {topic:String} AND sink = {sink:String} AND source_partition = {partition:UInt16}
  AND minute = {minute:DateTime('UTC')}`,
    { params: { ...scopeParams(scope), sink, partition, minute: dateTimeText(minute).slice(0, 19) } },
  );
  return new Map(found.map(({ offset, state }) => [Number(offset), state]));
}
