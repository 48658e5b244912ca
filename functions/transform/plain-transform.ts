import type { OutputList, OutputWriter } from '../../shared/batch/output-list.ts';
import { type Base64OrBytes, type BatchInfo, type BatchRecord, bytesOf } from '../../shared/batch/types.ts';
import { copyBytes } from '../../shared/bytes/copy-bytes.ts';
import type { Claim } from '../../shared/clients/claims/index.ts';
import { checkTime } from '../../shared/events/check-event.ts';
import { type Categories, derivedEventId, otherCategory } from '../../shared/events/index.ts';
import { propertyMark } from '../../shared/events/plain-json.ts';
import { newRawMarks, rawMark, scanRaw } from '../../shared/events/plain-raw-event.ts';
import { isNumber, keepsRules, type PlainRules, plainRules } from '../../shared/events/plain-rules.ts';
import type { Client } from '../../shared/events/user-agent.ts';
import { earliestRecordMs, latestRecordMs } from './transform-record.ts';
import { cleanRoom, type PlainEvent, writeClean } from './write-clean.ts';

/** Types that no category lists are the senders' own, as many as they care to invent. */
const keptTypes = 4096;
/** The column `currency` takes no more characters, and so not more bytes beyond doubt. */
const currencyBytes = 16;

/** Transforms a record and says what it claims; undefined says "look closer", and nothing was appended. */
export type PlainTransform = (
  record: BatchRecord<Base64OrBytes>,
  batch: BatchInfo | undefined,
  outputs: OutputList,
) => Claim | undefined;

/** What events are decided by. */
export interface Decisions {
  categories: Categories;
  retentionDays: number;
  readClient: (userAgent: string) => Client;
}

/**
 * Does what `createRecordTransform` does for an event that is written plainly and accepted: from its bytes straight into those
 * of the clean record, at a third of the cost. A property test holds that both come to the same.
 */
export function createPlainTransform({ categories, retentionDays, readClient }: Decisions): PlainTransform {
  const retentionMs = retentionDays * 86_400_000;
  const typeOf = createTypes(categories);
  const jsonOf = createJsonTexts();
  const none = Buffer.alloc(0);
  const marks = newRawMarks();
  // One after the other is written here.
  const event: PlainEvent = {
    bytes: none,
    marks,
    claim: { eventId: '', topicId: '', partition: 0, offset: 0, recordMs: 0 },
    typeFields: none,
    device: none,
    browser: none,
    amount: { start: -1, end: -1, decimals: 0 },
    currency: { start: -1, end: -1 },
  };
  const textOf = (field: number, encoding: 'utf8' | 'latin1') => {
    const start = marks.fields[field] as number;
    return start < 0 ? '' : event.bytes.toString(encoding, start, marks.fields[field + 1]);
  };
  const writer: OutputWriter = {
    keyRoom: 16,
    get valueRoom() {
      return cleanRoom(event);
    },
    writeKey: (to, at) =>
      copyBytes(
        event.bytes,
        marks.fields[rawMark.userId] as number,
        marks.fields[rawMark.userId + 1] as number,
        to,
        at,
      ),
    writeValue: (to, at) => writeClean(to, at, event),
  };

  return (record, batch, outputs) => {
    const { value, offset, timestamp: recordMs, partition } = record;
    if (value === undefined || value === null || record.headers?.length !== 0) return undefined;
    if (!Number.isSafeInteger(partition) || !Number.isSafeInteger(offset)) return undefined;
    if (!Number.isSafeInteger(recordMs) || recordMs < earliestRecordMs || recordMs >= latestRecordMs)
      return undefined;
    event.bytes = bytesOf(value);
    if (!scanRaw(event.bytes, marks)) return undefined;
    const ages = { receivedAtMs: recordMs, retentionMs, retentionDays };
    if (checkTime(marks.timestampMs ?? recordMs, ages) !== undefined) return undefined;
    const { rules, fields } = typeOf(textOf(rawMark.eventType, 'latin1'));
    if (!keepsRules(event.bytes, marks, rules) || !findMoney(event, rules)) return undefined;
    const client = readClient(textOf(rawMark.userAgent, 'utf8'));
    const topicId = batch === undefined ? record.topic : batch.topicId;
    const eventId = textOf(rawMark.eventId, 'latin1') || derivedEventId(topicId, partition, offset);
    const claim = { eventId, topicId, partition, offset, recordMs };
    event.claim = claim;
    event.typeFields = fields;
    event.device = jsonOf(client.device);
    event.browser = jsonOf(client.browser);
    outputs.appendWritten(writer, offset);
    return claim;
  };
}

/** Finds amount and currency as `amountText` and `currencyText` take them; false when these would have to round or count. */
function findMoney({ bytes, marks, amount, currency }: PlainEvent, { found }: PlainRules): boolean {
  const [amountMark, currencyMark] = [found[0] as number, found[1] as number];
  amount.start = -1;
  currency.start = -1;
  const valueAt = (first: number) => marks.properties[first + propertyMark.value] as number;
  const endAt = (first: number) => marks.properties[first + propertyMark.valueEnd] as number;
  if (amountMark >= 0 && isNumber(bytes, valueAt(amountMark))) {
    amount.start = valueAt(amountMark);
    amount.end = endAt(amountMark);
    amount.decimals = decimalsOf(bytes, amount.start, amount.end);
    if (amount.decimals > 2) return false;
  }
  if (currencyMark >= 0 && bytes[valueAt(currencyMark)] === 0x22) {
    const start = valueAt(currencyMark) + 1;
    currency.end = endAt(currencyMark) - 1;
    if (currency.end - start > currencyBytes) return false;
    if (currency.end > start) currency.start = start;
  }
  return true;
}

function decimalsOf(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === 0x2e) return end - i - 1;
  return 0;
}

/** What is the same for all events of a type. */
function createTypes(categories: Categories): (name: string) => { rules: PlainRules; fields: Buffer } {
  const known = new Map<string, { rules: PlainRules; fields: Buffer }>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const type = categories.find(name);
    const category = JSON.stringify(type?.category ?? otherCategory);
    const made = {
      rules: plainRules(type?.properties ?? {}, ['amount', 'currency']),
      fields: Buffer.from(`","event_type":"${name}","category":${category},"timestamp":"`),
    };
    if (known.size >= keptTypes) known.clear();
    known.set(name, made);
    return made;
  };
}

/** JSON of texts of which there are few. */
function createJsonTexts(): (text: string) => Buffer {
  const known = new Map<string, Buffer>();
  return (text) => {
    let json = known.get(text);
    if (json === undefined) {
      json = Buffer.from(JSON.stringify(text));
      known.set(text, json);
    }
    return json;
  };
}
