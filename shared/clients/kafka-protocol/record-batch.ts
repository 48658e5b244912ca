import { compressionsAlgorithmsByBitmask, crc32c, Writer } from '@platformatic/kafka';
import { PipelineError } from '../../errors/index.ts';
import { copyRecord, readRecordList, recordSize, writeRecord } from './record-list.ts';
import type { FetchedRecord, WritableRecord } from './records.ts';
import { type Cursor, readVarint } from './varint.ts';

/** Format version 2 of Kafka's record batches, https://kafka.apache.org/documentation/#recordbatch */
const BASE_OFFSET = 0;
const LENGTH = 8;
const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const COUNT = 57;
const RECORDS = 61;

const COMPRESSION_MASK = 0b111;
const LOG_APPEND_TIME = 1 << 3;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;

export interface BatchHeader {
  baseOffset: number;
  lastOffset: number;
  producerId: bigint;
  transactional: boolean;
  control: boolean;
  /** Where the next batch begins. */
  end: number;
}

/** The header of the batch at `at`, or undefined when the rest of the buffer does not hold a whole batch. */
export function readBatchHeader(bytes: Buffer, at: number): BatchHeader | undefined {
  if (bytes.length - at < LEADER_EPOCH) return undefined;
  const end = at + LEADER_EPOCH + bytes.readInt32BE(at + LENGTH);
  if (end > bytes.length) return undefined;
  const magic = bytes[at + MAGIC];
  if (magic !== 2) {
    throw new PipelineError(
      'RECORD_FORMAT',
      `Records of format ${magic} cannot be read; brokers since 0.11 write format 2`,
    );
  }
  const attributes = bytes.readInt16BE(at + ATTRIBUTES);
  const baseOffset = Number(bytes.readBigInt64BE(at + BASE_OFFSET));
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + LAST_OFFSET_DELTA),
    producerId: bytes.readBigInt64BE(at + PRODUCER_ID),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    end,
  };
}

/** Whether a control batch says that its producer's transaction was aborted. */
export function isAbortMarker(bytes: Buffer, at: number): boolean {
  const cursor = { bytes, at: at + RECORDS };
  readVarint(cursor);
  cursor.at += 1;
  readVarint(cursor);
  readVarint(cursor);
  readVarint(cursor);
  return bytes.readInt16BE(cursor.at + 2) === 0;
}

/**
 * Appends the records of the batch at `at` whose offset is at least `fromOffset`.
 *
 * @throws PipelineError `RECORD_CORRUPT` when the checksum does not match.
 */
export function readRecords(bytes: Buffer, at: number, fromOffset: number, into: FetchedRecord[]): void {
  const end = at + LEADER_EPOCH + bytes.readInt32BE(at + LENGTH);
  const baseOffset = Number(bytes.readBigInt64BE(at + BASE_OFFSET));
  if (checksum(bytes.subarray(at + ATTRIBUTES, end)) !== bytes.readUInt32BE(at + CRC)) {
    throw new PipelineError('RECORD_CORRUPT', `The batch at offset ${baseOffset} fails its checksum`, {
      retriable: true,
    });
  }
  const attributes = bytes.readInt16BE(at + ATTRIBUTES);
  const logAppendTime = (attributes & LOG_APPEND_TIME) !== 0;
  const baseTimestamp = Number(bytes.readBigInt64BE(at + BASE_TIMESTAMP));
  const maxTimestamp = Number(bytes.readBigInt64BE(at + MAX_TIMESTAMP));
  const count = bytes.readInt32BE(at + COUNT);
  const cursor = recordsOf(bytes, at, end, attributes & COMPRESSION_MASK);
  const base = { offset: baseOffset, timestamp: baseTimestamp, logAppendTime };
  readRecordList(
    cursor,
    count,
    logAppendTime ? { ...base, appendedAtMs: maxTimestamp } : base,
    fromOffset,
    into,
  );
}

function recordsOf(bytes: Buffer, at: number, end: number, compression: number): Cursor {
  if (compression === 0) return { bytes, at: at + RECORDS };
  const algorithm = compressionsAlgorithmsByBitmask[compression];
  if (!algorithm) throw new PipelineError('RECORD_FORMAT', `Unknown compression ${compression}`);
  return { bytes: algorithm.decompressSync(bytes.subarray(at + RECORDS, end)), at: 0 };
}

/** The sequence number that follows a batch: brokers go on with 0 after the largest 32-bit integer. */
export function sequenceAfter(sequence: number, records: number): number {
  return (sequence + records) % 2 ** 31;
}

/** One batch of a producer, part of a transaction unless told otherwise; records keep their order. */
export function encodeBatch(
  records: readonly WritableRecord[],
  producer: { id: bigint; epoch: number; sequence: number; transactional?: boolean },
): Buffer {
  const baseTimestamp = records[0]?.timestamp ?? 0;
  let maxTimestamp = baseTimestamp;
  let room = RECORDS;
  for (const record of records) {
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
    room += recordSize(record);
  }
  const space = Buffer.allocUnsafe(room);
  let end = RECORDS;
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as WritableRecord;
    const timestampDelta = record.timestamp - baseTimestamp;
    end =
      'copied' in record
        ? copyRecord(space, end, record.copied, timestampDelta, i)
        : writeRecord(space, end, record, timestampDelta, i);
  }
  const bytes = space.subarray(0, end);
  bytes.writeBigInt64BE(0n, BASE_OFFSET);
  bytes.writeInt32BE(end - LEADER_EPOCH, LENGTH);
  bytes.writeInt32BE(-1, LEADER_EPOCH);
  bytes[MAGIC] = 2;
  bytes.writeInt16BE(producer.transactional === false ? 0 : TRANSACTIONAL, ATTRIBUTES);
  bytes.writeInt32BE(records.length - 1, LAST_OFFSET_DELTA);
  bytes.writeBigInt64BE(BigInt(baseTimestamp), BASE_TIMESTAMP);
  bytes.writeBigInt64BE(BigInt(maxTimestamp), MAX_TIMESTAMP);
  bytes.writeBigInt64BE(producer.id, PRODUCER_ID);
  bytes.writeInt16BE(producer.epoch, PRODUCER_EPOCH);
  bytes.writeInt32BE(producer.sequence, BASE_SEQUENCE);
  bytes.writeInt32BE(records.length, COUNT);
  bytes.writeUInt32BE(checksum(bytes.subarray(ATTRIBUTES)), CRC);
  return bytes;
}

/** The library copies bytes before it reads them, but for those that are in a buffer of its own. */
function checksum(bytes: Buffer): number {
  return crc32c(Writer.create().append(bytes).dynamicBuffer);
}
