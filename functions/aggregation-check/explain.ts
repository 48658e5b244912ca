import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../shared/clients/clickhouse/index.ts';
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

/** Finds out which events make a bucket of a store differ from Kafka. */
export interface Explainer {
  /**
   * @param placesIn how often the store has each offset of the bucket, among the offsets given.
   * @param within the offsets that were compared.
   */
  explain(
    bucket: Bucket,
    options: {
      sink: Sink;
      retryDone: boolean;
      within: readonly OffsetRange[];
      placesIn: (range: OffsetRange) => Promise<ReadonlyMap<number, number>>;
    },
  ): Promise<Faults>;
}

/** Records of one piece of the ledger, as far as an explanation needs them. */
type PieceRecords = { offset: number; minute: number | undefined; value: Buffer }[] | undefined;

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
    async explain(bucket, { sink, retryDone, within, placesIn }) {
      const compared = (await piecesWith(client, scope, bucket)).filter((piece) =>
        within.some(
          ({ partition, from, to }) => partition === piece.partition && from <= piece.from && piece.to <= to,
        ),
      );
      const kafka = new Map<number, string>();
      let whole = true;
      for (const piece of compared) {
        const records = await recordsOf(piece);
        if (records === undefined) whole = false;
        for (const { offset, minute, value } of records ?? []) {
          if (minute === bucket.minute) kafka.set(offset, idOf(value));
        }
      }
      const stored = new Map<number, number>();
      for (const range of within.filter(({ partition }) => partition === bucket.partition)) {
        for (const [offset, times] of await placesIn(range)) stored.set(offset, times);
      }
      return classify({
        partition: bucket.partition,
        kafka: whole ? kafka : undefined,
        stored,
        exceptions: await exceptionsOf(client, scope, sink, bucket),
        retryDone,
      });
    },
  };

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
      for (const { offset, value } of records) {
        if (value !== null) found.push({ offset, minute: eventMinute(value), value });
      }
    }
    return found;
  }
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
): Promise<OffsetRange[]> {
  const found = await rows<{ first: string; end: string }>(
    client,
    `SELECT first_offset AS first, end_offset AS end FROM check_ledger FINAL
WHERE topic_id = {topic:String} AND source_partition = {partition:UInt16}
  AND first_offset >= {bases:Array(UInt64)}[source_partition + 1] AND has(minutes, {minute:DateTime('UTC')})`,
    { params: { ...scopeParams(scope), partition, minute: dateTimeText(minute).slice(0, 19) } },
  );
  return found.map(({ first, end }) => ({ partition, from: Number(first), to: Number(end) }));
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
