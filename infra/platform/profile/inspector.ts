import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../../../shared/errors/index.ts';

/** Where Node listens after SIGUSR1. */
const address = 'http://127.0.0.1:9229/json/list';
const patienceMs = 20_000;

/**
 * Evaluates an expression in a Node process that was started like any other: SIGUSR1 opens its inspector, which the
 * expression must close again (`inspector.close`), because all processes open theirs at the same port.
 *
 * @returns what the expression, or the promise that it is, comes to; plain values only.
 * @throws PipelineError `INSPECTOR` when the port is another's, nothing answers in time, or the expression throws.
 */
export async function evaluateIn(pid: number, expression: string): Promise<unknown> {
  if ((await socketAddress()) !== undefined) throw new PipelineError('INSPECTOR', taken);
  process.kill(pid, 'SIGUSR1');
  const deadline = Date.now() + patienceMs;
  let found = await socketAddress();
  while (found === undefined && Date.now() < deadline) {
    await delay(10);
    found = await socketAddress();
  }
  if (found === undefined) throw new PipelineError('INSPECTOR', `Process ${pid} opened no inspector`);
  const socket = new WebSocket(found);
  const signal = AbortSignal.timeout(patienceMs);
  await once(socket, 'open', { signal });
  const closed = once(socket, 'close', { signal });
  if ((await evaluate(socket, 'process.pid', signal)) !== pid) throw new PipelineError('INSPECTOR', taken);
  const value = await evaluate(socket, expression, signal);
  await closed;
  while ((await socketAddress()) !== undefined) await delay(10);
  return value;
}

const taken =
  'Port 9229 of 127.0.0.1 is held by another Node process that is being debugged: stop that, then profile';

async function socketAddress(): Promise<string | undefined> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(2000) });
    const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
    return target?.webSocketDebuggerUrl;
  } catch {
    return undefined; // Nobody listens.
  }
}

async function evaluate(socket: WebSocket, expression: string, signal: AbortSignal): Promise<unknown> {
  const params = { expression, awaitPromise: true, returnByValue: true };
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
  const [message] = (await once(socket, 'message', { signal })) as [MessageEvent];
  const { result, error } = JSON.parse(message.data);
  const thrown = error?.message ?? result.exceptionDetails?.exception?.description;
  if (thrown !== undefined) throw new PipelineError('INSPECTOR', thrown);
  return result.result.value;
}
