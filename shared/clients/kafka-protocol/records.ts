/** One record of a fetched batch: where its bytes lie, not copies of them. */
export interface FetchedRecord {
  offset: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  logAppendTime: boolean;
  /** The (decompressed) batch that the positions below point into. */
  bytes: Buffer;
  /** Key, value and headers, each with its length, to `end`. */
  bodyStart: number;
  /** Start is -1 for a null key or value. */
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
  headersStart: number;
  headerCount: number;
  end: number;
  /** Bytes of the whole record. */
  size: number;
}

export type HeaderList = readonly (readonly [name: Buffer, value: Buffer | null])[];

/** A record to be written. */
export interface NewRecord {
  key: Buffer | null;
  value: Buffer | null;
  headers: HeaderList;
  /** Milliseconds since 1970. */
  timestamp: number;
}

/** A fetched record to be written as it stands, at another time. */
export interface RecordCopy {
  copied: FetchedRecord;
  /** Milliseconds since 1970. */
  timestamp: number;
}

export type WritableRecord = NewRecord | RecordCopy;

export function recordKey(record: FetchedRecord): Buffer | null {
  return record.keyStart < 0 ? null : record.bytes.subarray(record.keyStart, record.keyEnd);
}

export function recordValue(record: FetchedRecord): Buffer | null {
  return record.valueStart < 0 ? null : record.bytes.subarray(record.valueStart, record.valueEnd);
}
