import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { close, handler } from '../../../functions/generate/handler.ts';
import type { FunctionContext } from '../../../shared/batch/types.ts';

/** A process that makes one call of generate; its body is the argument, its totals go to the parent. */
const event = {
  requestContext: { http: { method: 'POST' } },
  body: process.argv[2],
} as unknown as APIGatewayProxyEventV2;
const totals = await handler(event, { signal: new AbortController().signal } as FunctionContext);
process.send?.(totals);
await close();
process.disconnect?.();
