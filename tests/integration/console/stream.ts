import { expect } from '@jest/globals';
import type { TestGateway } from '../gateway/start-gateway.ts';

/** The first messages that the console sends to a browser. */
export async function streamed(
  gateway: Pick<TestGateway, 'ask'>,
  count: number,
): Promise<{ event: string; data: unknown }[]> {
  const answer = await gateway.ask('/ui/api/stream');
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const whole = text.split('\n\n').slice(0, -1);
    if (whole.length >= count) {
      return whole.map((message) => ({
        event: /^event: (\w+)$/m.exec(message)?.[1] ?? '',
        data: JSON.parse(/^data: (.*)$/m.exec(message)?.[1] ?? ''),
      }));
    }
  }
  throw new Error('the stream ended');
}
