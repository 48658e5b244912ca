import { PipelineError } from '../../../shared/errors/index.ts';

/** A call that was accepted and is made later. */
export interface QueuedCall {
  callId: string;
  name: string;
  method: string;
  /** Path and query for the function, as received. */
  path: string;
  /** Raw list (name, value, …) for the function. */
  headers: string[];
  /** Where the answer is sent. */
  callbackUrl: string | undefined;
  /** Milliseconds since 1970. */
  acceptedAtMs: number;
  body: Buffer;
}

const headerName = 'call';

/** A call as a Kafka record: the body is the value as it is, everything else stands in one header. */
export function toRecord({ body, ...call }: QueuedCall): {
  key: Buffer;
  value: Buffer;
  headers: Record<string, string>;
} {
  return { key: Buffer.from(call.callId), value: body, headers: { [headerName]: JSON.stringify(call) } };
}

/** The inverse of `toRecord`. @throws PipelineError when the record is none of ours. */
export function fromRecord(record: {
  value: Buffer | null;
  headers?: Readonly<Record<string, unknown>> | undefined;
}): QueuedCall {
  const header = record.headers?.[headerName];
  try {
    const call = JSON.parse(String(header)) as Omit<QueuedCall, 'body'>;
    if (typeof call.name !== 'string' || typeof call.path !== 'string' || !Array.isArray(call.headers)) {
      throw new TypeError('fields are missing');
    }
    return { ...call, callbackUrl: call.callbackUrl ?? undefined, body: record.value ?? Buffer.alloc(0) };
  } catch (error) {
    throw new PipelineError('ASYNC_RECORD', 'a record of the queue is not a queued call', { cause: error });
  }
}
