import { Agent, request } from 'node:http';
import { messageOf, PipelineError } from '../../errors/index.ts';
import type { Claim, Place } from './entry.ts';
import { encodeRequest } from './request.ts';

export type { Claim, Place } from './entry.ts';

/** Claims whose id is another's, by their index, with the place that holds it. */
export interface ClaimAnswer {
  duplicates: { index: number; holder: Place }[];
}

export interface ClaimsClient {
  /**
   * Claims every id for its place, in order. To ask again with the same place is harmless and answered the same.
   *
   * @throws PipelineError `CLAIMS` (retriable) when the keeper does not answer, or is not ready.
   */
  claim(claims: readonly Claim[]): Promise<ClaimAnswer>;
  close(): void;
}

/** The keeper of claims at `url` (infra/claims). */
export function createClaimsClient({
  url,
  timeoutMs = 15_000,
}: {
  url: string;
  timeoutMs?: number;
}): ClaimsClient {
  const address = new URL('/claims', url);
  const agent = new Agent({ keepAlive: true });

  const post = (body: Buffer) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const call = request(address, {
        method: 'POST',
        agent,
        timeout: timeoutMs,
        headers: { 'content-type': 'application/octet-stream', 'content-length': body.length },
      });
      call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      call.on('error', reject);
      call.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      call.end(body);
    });

  return {
    async claim(claims) {
      if (claims.length === 0) return { duplicates: [] };
      const failed = (detail: string, cause?: unknown) =>
        new PipelineError('CLAIMS', `the keeper of claims at ${address.origin} ${detail} (CLAIMS_URL)`, {
          cause,
          retriable: true,
        });
      const { status, text } = await post(encodeRequest(claims)).catch((error: unknown) => {
        throw failed(`does not answer: ${messageOf(error)}`, error);
      });
      if (status !== 200) throw failed(`answered ${status}: ${text.trim().slice(0, 200)}`);
      return JSON.parse(text) as ClaimAnswer;
    },
    close: () => agent.destroy(),
  };
}
