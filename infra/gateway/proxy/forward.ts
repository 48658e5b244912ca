import {
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
  request as startRequest,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Replica } from '../provider/replica.ts';
import { endToEnd } from './headers.ts';

/** How a call ended. */
export type Outcome =
  /** The replica's answer was passed on, whatever its status. */
  | { kind: 'answered'; status: number }
  /** Nothing of the request was sent: the same call can go to another replica. */
  | { kind: 'not-sent'; detail: string }
  /** It was sent, at least in part, and no answer came: whether it was done is unknown. */
  | { kind: 'unknown'; detail: string }
  | { kind: 'timeout' }
  /** The body went past the limit while it was passed on. */
  | { kind: 'too-large' }
  | { kind: 'caller-gone' };

export interface ForwardOptions {
  request: IncomingMessage;
  response: ServerResponse;
  replica: Replica;
  /** Target at the replica, as received. */
  path: string;
  /** Raw list (name, value, …) for the replica. */
  headers: string[];
  /** Raw list added to the answer, made when its first line is known. */
  answerHeaders: () => string[];
  /** Milliseconds for the whole call. */
  timeoutMs: number;
  maxBodyBytes: number;
}

/**
 * Passes a request to a replica and its answer back, both as they stream: nothing is held but one buffer each way.
 * The request's body is only touched when the connection stands, so that a refused connection costs nothing of it.
 * Unless the outcome is `answered` or `caller-gone`, the response is still to be written.
 */
export function forward(options: ForwardOptions): Promise<Outcome> {
  const { request, response, replica, path, headers, answerHeaders, timeoutMs, maxBodyBytes } = options;
  return new Promise((resolve) => {
    let connected = false;
    let settled = false;
    let upstream: ClientRequest;
    const settle = (outcome: Outcome) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      response.off('close', onClose);
      request.off('data', count);
      request.unpipe(upstream);
      // Answered before the body was whole: the rest is read and dropped, or the caller could not send its next call.
      if (outcome.kind === 'answered' && !request.readableEnded) request.resume();
      if (outcome.kind !== 'answered' || !upstream.writableFinished) upstream.destroy();
      resolve(outcome);
    };
    const fail = (outcome: Outcome) => {
      // Half an answer must not look like a whole one: the connection is broken off.
      if (response.headersSent) response.destroy();
      settle(response.headersSent ? { kind: 'answered', status: response.statusCode } : outcome);
    };
    const onClose = () => {
      if (!response.writableFinished) settle({ kind: 'caller-gone' });
    };
    let received = 0;
    const count = (chunk: Buffer) => {
      received += chunk.length;
      if (received > maxBodyBytes) fail({ kind: 'too-large' });
    };

    const timer = setTimeout(() => fail({ kind: 'timeout' }), timeoutMs);
    response.once('close', onClose);
    upstream = startRequest({
      agent: replica.agent,
      host: '127.0.0.1',
      port: replica.port,
      method: request.method,
      path,
      headers: headers as unknown as Record<string, string>,
      setHost: false,
    });
    upstream.on('socket', (socket: Socket) => {
      const begin = () => {
        connected = true;
        request.on('data', count);
        request.pipe(upstream);
      };
      if (socket.connecting) socket.once('connect', begin);
      else begin();
    });
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      const detail = error.code ?? error.message;
      fail(connected ? { kind: 'unknown', detail } : { kind: 'not-sent', detail });
    });
    upstream.on('response', (answer) => {
      const status = answer.statusCode ?? 502;
      answer.on('error', () => fail({ kind: 'unknown', detail: 'the answer broke off' }));
      response.once('finish', () => settle({ kind: 'answered', status }));
      const raw = endToEnd(answer.rawHeaders);
      raw.push(...answerHeaders());
      if (answer.statusMessage) response.writeHead(status, answer.statusMessage, raw as never);
      else response.writeHead(status, raw as never);
      answer.pipe(response);
    });
  });
}
