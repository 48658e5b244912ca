import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createFunctionCaller, type FunctionCaller } from '../../../infra/connector/call/function-caller.ts';
import { compactType } from '../../../shared/batch/compact.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

type Reply = { status?: number; takesCompact?: boolean };

/** A function that answers as `replies` say, one after the other, and what it was sent. */
async function functionThat(
  ...replies: Reply[]
): Promise<{ caller: FunctionCaller; seen: (string | undefined)[] }> {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers['content-type']);
    request.resume();
    const { status = 200, takesCompact = false } = replies.shift() ?? {};
    response.writeHead(status, takesCompact ? { accept: compactType } : {});
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const caller = createFunctionCaller({
    gatewayUrl: `http://127.0.0.1:${port}`,
    connectorName: 'test',
    timeoutMs: 5000,
  });
  opened.push(
    () => server.close(),
    () => caller.close(),
  );
  return { caller, seen };
}

const call = (caller: FunctionCaller) =>
  caller.call({
    functionName: 'f',
    batchId: 'c:t:0:0-1',
    topic: 't',
    partition: 0,
    firstOffset: 0,
    route: 0,
    attempt: 1,
    body: ({ compact }) => ({
      contentType: compact ? compactType : 'application/json',
      bytes: Buffer.from(compact ? 'bytes' : '{}'),
    }),
    signal: new AbortController().signal,
  });

test('JSON until the function says that it takes the compact form', async () => {
  const { caller, seen } = await functionThat({}, { takesCompact: true }, { takesCompact: true });
  for (let i = 0; i < 3; i++) await call(caller);
  expect(seen).toEqual(['application/json', 'application/json', compactType]);
});

test.each([200, 400, 413, 415, 422])(
  'what does not know the compact form any more and answers it %i is sent the same in JSON',
  async (status) => {
    const { caller, seen } = await functionThat({ takesCompact: true }, { status }, { status: 202 });
    await call(caller);
    expect(await call(caller)).toMatchObject({ status: 202 });
    expect(seen).toEqual(['application/json', compactType, 'application/json']);
  },
);

test.each([404, 429, 500, 502, 503, 504])(
  '%i says to come again: in JSON then, unless it came from the function itself',
  async (status) => {
    const takesCompact = true;
    const { caller, seen } = await functionThat(
      { takesCompact },
      { status },
      { takesCompact },
      { status, takesCompact },
      { takesCompact },
    );
    await call(caller);
    expect(await call(caller)).toMatchObject({ status });
    for (let i = 0; i < 3; i++) await call(caller);
    expect(seen).toEqual(['application/json', compactType, 'application/json', compactType, compactType]);
  },
);
