import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Called, Fault } from './schedule.ts';

type AnswerFault = Extract<Fault, { kind: 'drop-answer' | 'lie' | 'delay' }>;

/** Stands between connector and gateway and spoils single answers after the function has done its work. */
export interface FaultProxy {
  url: string;
  /** Spoils the answer of the next successful call of that function; resolves once it has happened. */
  arm(fault: AnswerFault): Promise<void>;
  /** Calls of a function that are under way. */
  inFlight(name: string): number;
  close(): Promise<void>;
}

export async function startFaultProxy({ gatewayPort }: { gatewayPort: number }): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const armed = new Map<Called, { fault: AnswerFault; done: () => void }[]>();
  const flights = new Map<string, number>();

  const server = createServer((incoming, outgoing) => {
    const name = /^\/function\/([\w-]+)/.exec(incoming.url ?? '')?.[1];
    count(name, 1);
    outgoing.once('close', () => count(name, -1));
    forward(incoming, outgoing, name as Called | undefined);
  });

  function forward(incoming: IncomingMessage, outgoing: ServerResponse, name: Called | undefined): void {
    const upstream = request(
      {
        host: '127.0.0.1',
        port: gatewayPort,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
        agent,
      },
      async (answer) => {
        const success = (answer.statusCode ?? 500) < 300;
        const next = name && success ? armed.get(name)?.shift() : undefined;
        if (next?.fault.kind === 'drop-answer') {
          answer.resume().once('end', () => {
            outgoing.destroy();
            next.done();
          });
          return;
        }
        if (next?.fault.kind === 'lie') {
          answer.resume().once('end', () => {
            outgoing.writeHead(500, { 'x-batch-id': incoming.headers['x-batch-id'] ?? '' });
            outgoing.end('{"error":"it was not so"}', next.done);
          });
          return;
        }
        if (next?.fault.kind === 'delay') {
          await delay(next.fault.ms);
          next.done();
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.once('error', () => outgoing.destroy());
        answer.pipe(outgoing);
      },
    );
    upstream.once('error', () => outgoing.destroy());
    outgoing.once('close', () => upstream.destroy());
    incoming.pipe(upstream);
  }

  function count(name: string | undefined, by: number): void {
    if (name !== undefined) flights.set(name, (flights.get(name) ?? 0) + by);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arm: (fault) =>
      new Promise((resolve) => {
        const waiting = armed.get(fault.role) ?? [];
        waiting.push({ fault, done: resolve });
        armed.set(fault.role, waiting);
      }),
    inFlight: (name) => flights.get(name) ?? 0,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
