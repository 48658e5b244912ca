import { type CompactRequestHead, compactType, encodeCompact } from '../../../shared/batch/compact.ts';
import { copyRecord, headersOf } from '../../../shared/clients/kafka-protocol/record-list.ts';
import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';

/** What one call carries: records of one partition. */
export interface Batch {
  bootstrapServers: string;
  topic: string;
  partition: number;
  records: readonly FetchedRecord[];
}

export interface BatchBody {
  contentType: string;
  bytes: Buffer;
}

/** The body of a call, in the compact form where the function takes it. */
export function batchBody(batch: Batch, { compact }: { compact: boolean }): BatchBody {
  const [first] = batch.records;
  // Two types of time in one batch are rare enough for JSON.
  const uniform = batch.records.every(({ logAppendTime }) => logAppendTime === first?.logAppendTime);
  return compact && first !== undefined && uniform
    ? { contentType: compactType, bytes: encodeCompactBody(batch, first) }
    : { contentType: 'application/json', bytes: encodeBatchBody(batch) };
}

function encodeCompactBody(
  { bootstrapServers, topic, partition, records }: Batch,
  { offset, timestamp, logAppendTime }: FetchedRecord,
): Buffer {
  const head: CompactRequestHead = {
    eventSource: 'SelfManagedKafka',
    bootstrapServers,
    topic,
    partition,
    timestampType: logAppendTime ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
  };
  const room = records.reduce((sum, { size }) => sum + size + FRAME_BYTES, 0);
  return encodeCompact(
    head,
    { count: records.length, offset, timestamp },
    {
      room,
      write(bytes, start) {
        let at = start;
        for (const record of records) {
          at = copyRecord(bytes, at, record, record.timestamp - timestamp, record.offset - offset);
        }
        return at;
      },
    },
  );
}

/** What length, time and offset of a record can take more than where it was fetched from. */
const FRAME_BYTES = 30;

/**
 * The body of one call: AWS Lambda's event for self-managed Kafka. The text is put together by hand, because
 * this is done for every record; all of it is ASCII (bytes are base64, names are escaped), one byte a character.
 */
function encodeBatchBody({ bootstrapServers, topic, partition, records }: Batch): Buffer {
  const before = `{"topic":${ascii(topic)},"partition":${partition},"offset":`;
  let text = `{"eventSource":"SelfManagedKafka","bootstrapServers":${ascii(bootstrapServers)},"records":{${ascii(
    `${topic}-${partition}`,
  )}:[`;
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as FetchedRecord;
    text += i === 0 ? before : `,${before}`;
    text += `${record.offset},"timestamp":${record.timestamp},"timestampType":"`;
    text += record.logAppendTime ? 'LOG_APPEND_TIME"' : 'CREATE_TIME"';
    if (record.keyStart >= 0) {
      text += `,"key":"${record.bytes.toString('base64', record.keyStart, record.keyEnd)}"`;
    }
    if (record.valueStart >= 0) {
      text += `,"value":"${record.bytes.toString('base64', record.valueStart, record.valueEnd)}"`;
    }
    text += record.headerCount === 0 ? ',"headers":[]}' : `,"headers":[${encodeHeaders(record)}]}`;
  }
  text += ']}}';
  return Buffer.from(text, 'latin1');
}

function encodeHeaders(record: FetchedRecord): string {
  return headersOf(record)
    .map(([name, value]) => `{${ascii(name.toString('utf8'))}:[${value === null ? '' : value.join(',')}]}`)
    .join(',');
}

/** JSON text with every character beyond ASCII escaped. */
function ascii(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
