import type { ServerResponse } from 'node:http';
import type { Sampler } from './sampler.ts';
import type { ConsoleState } from './state.ts';

/** Unsent bytes beyond which a viewer that does not keep up misses samples. */
const maxWaitingBytes = 1_048_576;

/** Sends the live state to any number of viewers as server-sent events: `history` once, then `state` each sample. */
export function createStream(sampler: Sampler) {
  const viewers = new Set<ServerResponse>();
  // Each sample is written out once, however many look.
  let text: { state: ConsoleState; line: string } | undefined;
  const lineOf = (state: ConsoleState) => {
    if (text?.state !== state) text = { state, line: message('state', state) };
    return text.line;
  };

  return {
    add(response: ServerResponse): void {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(`retry: 1000\n${message('history', sampler.history())}`);
      const latest = sampler.latest();
      if (latest !== undefined) response.write(lineOf(latest));
      viewers.add(response);
      const end = sampler.watch((state) => {
        if (response.writableLength < maxWaitingBytes) response.write(lineOf(state));
      });
      response.on('close', () => {
        end();
        viewers.delete(response);
      });
    },
    viewers: () => viewers.size,
    close(): void {
      for (const response of viewers) response.end();
    },
  };
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data, round)}\n\n`;
}

/** Five digits are more than anybody reads. */
function round(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
