import { compactEvent, compactType } from '../../shared/batch/compact.ts';
import { parseBatchId } from '../../shared/batch/parse-batch-id.ts';
import type { Base64OrBytes, BatchEvent, BatchInfo } from '../../shared/batch/types.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';

type Headers = Readonly<Record<string, string>>;

/**
 * The batch that a request carries, or undefined when it is an ordinary HTTP request. Taken as a batch:
 * - JSON with `eventSource: "SelfManagedKafka"`, one range of one partition, as our connector sends it
 * - the same in the compact form, for a handler that takes bytes
 * - any other body with `X-Topic` and `X-Kafka-Partition` or `X-Kafka-Offset`: one raw record, as the
 *   vendor's connector sends it
 *
 * @throws HttpError 400 when the request says that it is a batch and is not well-formed; 415 when it is in the compact
 *   form and the handler does not take bytes.
 */
export function batchEventOf(
  headers: Headers,
  body: Buffer,
  { takesBytes = false }: { takesBytes?: boolean } = {},
): BatchEvent<Base64OrBytes> | undefined {
  if (headers['content-type'] === compactType) {
    if (!takesBytes) throw new HttpError(415, 'this function takes batches as JSON only');
    try {
      return compactEvent(body);
    } catch (error) {
      throw new HttpError(400, `the body is no batch in the compact form: ${messageOf(error)}`);
    }
  }
  const fromConnector = headers['x-batch-id'] !== undefined;
  const rawRecord =
    headers['x-topic'] !== undefined &&
    (headers['x-kafka-partition'] !== undefined || headers['x-kafka-offset'] !== undefined);
  // Most of the work of a large batch is this parse: nothing is looked at that need not be.
  if (fromConnector || looksLikeBatch(body)) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(body.toString('utf8'));
    } catch (error) {
      if (!rawRecord || fromConnector) throw new HttpError(400, `the body is not JSON: ${messageOf(error)}`);
    }
    if (isBatchEvent(parsed)) return parsed;
    if (fromConnector)
      throw new HttpError(400, 'X-Batch-Id was given, but the body is not a batch of Kafka records');
  }
  return rawRecord ? batchOfOne(headers, body) : undefined;
}

/** What the headers say about a batch; undefined without a well-formed `X-Batch-Id`. */
export function batchInfoOf(headers: Headers): BatchInfo | undefined {
  const id = headers['x-batch-id'];
  if (id === undefined) return undefined;
  const parsed = parseBatchId(id);
  if (parsed === undefined) {
    throw new HttpError(400, 'X-Batch-Id must be <cluster id>:<topic id>:<partition>:<first>-<last>');
  }
  return {
    id,
    ...parsed,
    topic: headers['x-topic'] ?? '',
    route: wholeNumber(headers, 'x-route', 0),
    attempt: wholeNumber(headers, 'x-attempt', 1),
  };
}

const marker = Buffer.from('"SelfManagedKafka"');

/** The connector writes `eventSource` first; others may not, but hardly after the records. */
function looksLikeBatch(body: Buffer): boolean {
  if (body[0] !== 0x7b) return false;
  return body.subarray(0, 512).includes(marker) || body.subarray(-512).includes(marker);
}

function isBatchEvent(value: unknown): value is BatchEvent<Base64OrBytes> {
  const event = value as Partial<BatchEvent<Base64OrBytes>> | null | undefined;
  if (typeof event !== 'object' || event === null || event.eventSource !== 'SelfManagedKafka') return false;
  if (typeof event.records !== 'object' || event.records === null) {
    throw new HttpError(400, 'the batch has no records object');
  }
  for (const [name, records] of Object.entries(event.records)) {
    if (!Array.isArray(records))
      throw new HttpError(400, `records of ${JSON.stringify(name)} must be an array`);
  }
  return true;
}

function batchOfOne(headers: Headers, body: Buffer): BatchEvent<Base64OrBytes> {
  const topic = headers['x-topic'] ?? '';
  const partition = wholeNumber(headers, 'x-kafka-partition', 0);
  const key = headers['x-kafka-key'];
  return {
    eventSource: 'SelfManagedKafka',
    bootstrapServers: '',
    records: {
      [`${topic}-${partition}`]: [
        {
          topic,
          partition,
          offset: wholeNumber(headers, 'x-kafka-offset', 0),
          timestamp: wholeNumber(headers, 'x-kafka-timestamp', Date.now()),
          timestampType: 'CREATE_TIME',
          // Node reads header bytes as latin1.
          ...(key === undefined ? {} : { key: Buffer.from(key, 'latin1').toString('base64') }),
          value: body.toString('base64'),
          headers: [],
        },
      ],
    },
  };
}

function wholeNumber(headers: Headers, name: string, otherwise: number): number {
  const text = headers[name];
  if (text === undefined) return otherwise;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new HttpError(400, `header ${name} must be a whole number`);
  return value;
}
