import { type CompactAnswerHead, decodeCompact } from '../../../shared/batch/compact.ts';
import { offsetOfItem } from '../../../shared/batch/item-identifier.ts';
import { headersOf, isPlainRecord } from '../../../shared/clients/kafka-protocol/record-list.ts';
import {
  type FetchedRecord,
  type HeaderList,
  recordKey,
  recordValue,
} from '../../../shared/clients/kafka-protocol/records.ts';
import { messageOf } from '../../../shared/errors/index.ts';

/** What came back from a call, as far as the delivery has to know it. */
export type Answer =
  | {
      kind: 'response';
      status: number;
      /** From Retry-After, milliseconds. */
      retryAfterMs: number | undefined;
      /** Whether the answer echoes our `X-Batch-Id`: it comes from the function and not from a proxy in between. */
      echoed: boolean;
      /** Whether it says that the function takes batches in the compact form (shared/batch/compact.ts). */
      takesCompact: boolean;
      /** Whether the body is in that form. */
      compact: boolean;
      body: Buffer;
    }
  /** Time-out, reset, refused: whether the function did its work is unknown. */
  | { kind: 'none'; reason: string };

export interface FailedItem {
  offset: number;
  reason: string;
  permanent: boolean;
}

/** What a function made of a record; `offset` is that of the record. As it stands in the answer where it may be copied. */
export type Output =
  | FetchedRecord
  | { key: Buffer | null; value: Buffer | null; headers: HeaderList; offset: number };

/** The body of a 2xx answer. */
export interface Result {
  failures: FailedItem[];
  outputs: Output[];
}

const EMPTY: Result = { failures: [], outputs: [] };

type Request = { topicPartition: string; has: (offset: number) => boolean; wantsOutputs: boolean };

/**
 * Reads the body of a 2xx answer. JSON, or whatever else, without `batchItemFailures` is success, whatever else it is.
 *
 * @param offsets tells whether an offset is one of the request's records.
 * @returns a text that says what is wrong when an identifier names no record of the request.
 */
export function readResult(
  { body, compact }: { body: Buffer; compact: boolean },
  { topicPartition, has, wantsOutputs }: Request,
): Result | string {
  if (body.length === 0) return EMPTY;
  if (compact) return readCompactResult(body, { topicPartition, has, wantsOutputs });
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return EMPTY;
  }
  if (typeof parsed !== 'object' || parsed === null) return EMPTY;
  const { batchItemFailures, records } = parsed as { batchItemFailures?: unknown; records?: unknown };
  const failures = readFailures(batchItemFailures, topicPartition, has);
  if (typeof failures === 'string') return failures;
  if (!wantsOutputs || records === undefined || records === null) return { failures, outputs: [] };
  const outputs = readOutputs(records, has);
  return typeof outputs === 'string' ? outputs : { failures, outputs };
}

function readCompactResult(body: Buffer, { topicPartition, has, wantsOutputs }: Request): Result | string {
  let decoded: { head: CompactAnswerHead; records: FetchedRecord[] };
  try {
    decoded = decodeCompact(body);
  } catch (error) {
    return `the compact answer cannot be read: ${messageOf(error)}`;
  }
  const failures = readFailures(decoded.head.batchItemFailures, topicPartition, has);
  if (typeof failures === 'string') return failures;
  const outputs: Output[] = [];
  if (!wantsOutputs) return { failures, outputs };
  for (const record of decoded.records) {
    if (!has(record.offset)) return noSource(record.offset);
    outputs.push(isPlainRecord(record) ? record : taken(record));
  }
  return { failures, outputs };
}

function taken(record: FetchedRecord): Output {
  const { offset } = record;
  return { key: recordKey(record), value: recordValue(record), headers: headersOf(record), offset };
}

function noSource(offset: unknown): string {
  return `an output names the source offset ${JSON.stringify(offset)}, which is no record of the request`;
}

function readFailures(
  given: unknown,
  topicPartition: string,
  has: (offset: number) => boolean,
): FailedItem[] | string {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) return 'batchItemFailures is not a list';
  const byOffset = new Map<number, FailedItem>();
  for (const item of given as { itemIdentifier?: unknown; reason?: unknown; permanent?: unknown }[]) {
    const offset = offsetOfItem(item?.itemIdentifier, topicPartition);
    if (offset === undefined || !has(offset)) {
      return `batchItemFailures names ${JSON.stringify(item?.itemIdentifier)}, which is no record of the request`;
    }
    const reason = typeof item.reason === 'string' && item.reason !== '' ? item.reason : 'failed';
    const permanent = item.permanent === true || byOffset.get(offset)?.permanent === true;
    byOffset.set(offset, { offset, reason, permanent });
  }
  return [...byOffset.values()].sort((a, b) => a.offset - b.offset);
}

function readOutputs(given: unknown, has: (offset: number) => boolean): Output[] | string {
  if (!Array.isArray(given)) return 'records is not a list';
  const outputs: Output[] = [];
  for (const each of given as Record<string, unknown>[]) {
    const sourceOffset = each?.sourceOffset;
    if (typeof sourceOffset !== 'number' || !has(sourceOffset)) return noSource(sourceOffset);
    const { key, value, headers } = each;
    if (!isText(key) || !isText(value)) return `the output of offset ${sourceOffset} is not in base64`;
    const read = readHeaders(headers);
    if (read === undefined) return `the output of offset ${sourceOffset} has malformed headers`;
    outputs.push({ key: decode(key), value: decode(value), headers: read, offset: sourceOffset });
  }
  return outputs;
}

function isText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
}

function decode(text: string | null | undefined): Buffer | null {
  return typeof text === 'string' ? Buffer.from(text, 'base64') : null;
}

function readHeaders(given: unknown): HeaderList | undefined {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) return undefined;
  const headers: [Buffer, Buffer | null][] = [];
  for (const each of given) {
    if (typeof each !== 'object' || each === null) return undefined;
    for (const [name, value] of Object.entries(each)) {
      if (value !== null && !Array.isArray(value)) return undefined;
      headers.push([Buffer.from(name), value === null ? null : Buffer.from(value as number[])]);
    }
  }
  return headers;
}
