import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BatchEvent, BatchRecord } from '../../../../shared/batch/types.ts';

/** One batch that the gateway was asked to deliver. */
export interface Received {
  functionName: string;
  batchId: string;
  /** The bounds in the id. */
  first: number;
  last: number;
  topic: string;
  partition: number;
  route: string;
  attempt: string;
  headers: IncomingMessage['headers'];
  records: BatchRecord[];
  atMs: number;
}

/** What the function answers; `drop` cuts the connection after it has done its work. */
export interface Reply {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  drop?: boolean;
  /** Without `X-Batch-Id`, as a proxy in between would answer. */
  noEcho?: boolean;
}

export type Script = (batch: Received) => Reply | Promise<Reply>;

export interface FakeGateway {
  url: string;
  calls: Received[];
  deploy(name: string, annotations: Record<string, string>, script?: Script): void;
  remove(name: string): void;
  script(name: string, script: Script): void;
  close(): Promise<void>;
}

/** A gateway that lists functions and answers their calls as the test says. */
export async function startFakeGateway(): Promise<FakeGateway> {
  const functions = new Map<string, { annotations: Record<string, string>; script: Script }>();
  const calls: Received[] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/system/functions') {
      const list = [...functions].map(([name, { annotations }]) => ({
        name,
        replicas: 1,
        availableReplicas: 1,
        annotations,
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(list));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = request.url?.replace('/function/', '') ?? '';
    const deployed = functions.get(name);
    if (!deployed) {
      response.statusCode = 404;
      response.end('no such function');
      return;
    }
    const event = JSON.parse(Buffer.concat(chunks).toString()) as BatchEvent;
    const [records = []] = Object.values(event.records);
    const header = (key: string) => String(request.headers[key]);
    const batchId = header('x-batch-id');
    const [first = 0, last = 0] = (batchId.split(':').at(-1) ?? '').split('-').map(Number);
    const received: Received = {
      functionName: name,
      batchId,
      first,
      last,
      topic: header('x-topic'),
      partition: Number(header('x-kafka-partition')),
      route: header('x-route'),
      attempt: header('x-attempt'),
      headers: request.headers,
      records,
      atMs: Date.now(),
    };
    calls.push(received);
    const reply = await deployed.script(received);
    if (reply.drop) {
      request.socket.destroy();
      return;
    }
    response.statusCode = reply.status ?? 200;
    if (!reply.noEcho) response.setHeader('x-batch-id', batchId);
    for (const [key, value] of Object.entries(reply.headers ?? {})) response.setHeader(key, value);
    response.end(reply.body === undefined ? '' : JSON.stringify(reply.body));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    deploy(name, annotations, script = () => ({})) {
      functions.set(name, { annotations, script });
    },
    remove: (name) => functions.delete(name),
    script(name, script) {
      const deployed = functions.get(name);
      if (deployed) deployed.script = script;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A list of failures as a function answers it. */
export function failing(batch: Received, bad: (record: BatchRecord) => boolean, permanent = true): Reply {
  const failures = batch.records.filter(bad).map(({ offset }) => ({
    itemIdentifier: { partition: `${batch.topic}-${batch.partition}`, offset },
    reason: 'bad record',
    permanent,
  }));
  return { body: failures.length > 0 ? { batchItemFailures: failures } : {} };
}

export const textOf = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();
