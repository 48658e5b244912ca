import { headersOf } from '../../../shared/clients/kafka-protocol/record-batch.ts';
import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';

/**
 * The body of one call: AWS Lambda's event for self-managed Kafka. The text is put together by hand, because
 * this is done for every record; all of it is ASCII (bytes are base64, names are escaped), one byte a character.
 */
export function encodeBatchBody({
  bootstrapServers,
  topic,
  partition,
  records,
}: {
  bootstrapServers: string;
  topic: string;
  partition: number;
  records: readonly FetchedRecord[];
}): Buffer {
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
