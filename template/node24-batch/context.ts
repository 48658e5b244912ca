import type { ServerResponse } from 'node:http';
import type { BatchInfo, FunctionContext } from '../../shared/batch/types.ts';

type Options = {
  functionName: string;
  requestId: string;
  headers: Readonly<Record<string, string>>;
  batch: BatchInfo | undefined;
  response: ServerResponse;
  /** Aborted when the process can wait no longer. */
  stopping: AbortSignal;
  /** Milliseconds that a call may take, 0: no limit; what `getRemainingTimeInMillis` counts down from. */
  timeoutMs: number;
};

/** Handlers set timers by what remains, and a timer for longer than this fires at once. */
const NO_LIMIT_MS = 2_147_483_647;

/** The second argument of a handler. Its `signal` is made only when a handler asks for it. */
export function contextOf(options: Options): FunctionContext {
  const { functionName, requestId, headers, batch, response, stopping, timeoutMs } = options;
  const startedAt = Date.now();
  let signal: AbortSignal | undefined;
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `openfaas:function:${functionName}`,
    memoryLimitInMB: '0',
    awsRequestId: requestId,
    logGroupName: functionName,
    logStreamName: `${process.pid}`,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, (timeoutMs || NO_LIMIT_MS) - (Date.now() - startedAt)),
    done: unsupported,
    fail: unsupported,
    succeed: unsupported,
    headers,
    ...(batch === undefined ? {} : { batch }),
    get signal() {
      signal ??= AbortSignal.any([stopping, goneSignal(response)]);
      return signal;
    },
  };
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the caller has gone'));
  });
  return gone.signal;
}

function unsupported(): never {
  throw new Error('return a value or throw instead of calling done, fail or succeed');
}
