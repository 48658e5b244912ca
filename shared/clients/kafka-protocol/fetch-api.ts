import { type Connection, fetchV13, type Reader } from '@platformatic/kafka';
import { kafkaErrorName } from './errors.ts';

export interface FetchTarget {
  topicUuid: string;
  partition: number;
  leaderEpoch: number;
  offset: number;
  maxBytes: number;
}

export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: number;
}

export interface FetchedPartition {
  topicUuid: string;
  partition: number;
  /** Kafka's name of the error, absent when there is none. */
  error: string | undefined;
  /** The end of everything that all replicas have, open transactions included. */
  highWatermark: number;
  /** The read-committed end: offsets below it are decided. */
  lastStableOffset: number;
  aborted: AbortedTransaction[];
  /** Whole record batches, and perhaps a part of one more. */
  bytes: Buffer;
}

/** Records of transactions that are not ended or were aborted: left out, or among the others. */
export type Isolation = 'committed' | 'uncommitted';

/**
 * One Fetch (version 13), read-committed unless told otherwise. The answer is parsed here and not by the library, because
 * the library makes several objects a record and throws all partitions away when one has an error.
 */
export function fetchOnce(
  connection: Connection,
  request: {
    isolation?: Isolation;
    maxWaitMs: number;
    minBytes: number;
    maxBytes: number;
    targets: readonly FetchTarget[];
  },
): Promise<FetchedPartition[]> {
  const byTopic = new Map<string, FetchTarget[]>();
  for (const target of request.targets) {
    const same = byTopic.get(target.topicUuid);
    if (same) same.push(target);
    else byTopic.set(target.topicUuid, [target]);
  }
  const topics = [...byTopic].map(([topicId, targets]) => ({
    topicId,
    partitions: targets.map((target) => ({
      partition: target.partition,
      currentLeaderEpoch: target.leaderEpoch,
      fetchOffset: BigInt(target.offset),
      lastFetchedEpoch: -1,
      partitionMaxBytes: target.maxBytes,
    })),
  }));
  const { maxWaitMs, minBytes, maxBytes } = request;
  const isolation = request.isolation === 'uncommitted' ? 0 : 1;
  return new Promise((resolve, reject) => {
    connection.send<FetchedPartition[]>(
      fetchV13.api.key,
      13,
      () => fetchV13.createRequest(maxWaitMs, minBytes, maxBytes, isolation, 0, -1, topics, [], ''),
      parseFetch,
      true,
      true,
      (error, answer) => (error ? reject(error) : resolve(answer ?? [])),
    );
  });
}

function errorName(code: number): string | undefined {
  return code === 0 ? undefined : kafkaErrorName(code);
}

function parseFetch(
  _correlationId: number,
  _key: number,
  _version: number,
  reader: Reader,
): FetchedPartition[] {
  const found: FetchedPartition[] = [];
  reader.readInt32();
  const sessionError = errorName(reader.readInt16());
  reader.readInt32();
  reader.readArray((r) => {
    const topicUuid = r.readUUID();
    r.readArray((p) => {
      found.push(parsePartition(p, topicUuid, sessionError));
    });
  });
  return found;
}

function parsePartition(r: Reader, topicUuid: string, sessionError: string | undefined): FetchedPartition {
  const partition = r.readInt32();
  const error = errorName(r.readInt16()) ?? sessionError;
  const highWatermark = Number(r.readInt64());
  const lastStableOffset = Number(r.readInt64());
  r.readInt64();
  const aborted =
    r.readNullableArray((a) => ({ producerId: a.readInt64(), firstOffset: Number(a.readInt64()) })) ?? [];
  r.readInt32();
  const length = Math.max(r.readUnsignedVarInt() - 1, 0);
  // One contiguous piece, so that records can point into it.
  const bytes = length === 0 ? Buffer.alloc(0) : r.buffer.slice(r.position, r.position + length);
  r.skip(length);
  return { topicUuid, partition, error, highWatermark, lastStableOffset, aborted, bytes };
}
