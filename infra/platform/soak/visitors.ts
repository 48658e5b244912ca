import { randomUUID } from 'node:crypto';

/** What became of requests with one valid event each. */
export interface Answers {
  sent: number;
  accepted: number;
  /**
   * 429 or 503 with Retry-After: the client knows that it must come again, and when. The event may be written all the
   * same; one that comes again under its id is still one event.
   */
  refused: number;
  /** Another answer, or none within the time. */
  failed: number;
  /** Examples of the latter. */
  reasons: string[];
  /** Ids of the accepted events, and when each was acknowledged, in milliseconds since 1970. */
  ids: string[];
  acceptedAt: number[];
}

/** A visitor who waits longer than this has gone. */
const patienceMs = 20_000;

/**
 * Sends single events to ingest at a steady rate, each once and whatever became of the one before, until `stop`.
 * `answers` are those so far.
 */
export function visitors(
  gatewayUrl: string,
  { session, perSecond }: { session: string; perSecond: number },
): { answers: Readonly<Answers>; stop: () => Promise<Answers> } {
  const answers: Answers = {
    sent: 0,
    accepted: 0,
    refused: 0,
    failed: 0,
    reasons: [],
    ids: [],
    acceptedAt: [],
  };
  const waiting = new Set<Promise<void>>();
  const timer = setInterval(() => {
    answers.sent++;
    const id = randomUUID();
    const one = visit(gatewayUrl, { id, session })
      .then(
        (outcome) => {
          answers[outcome.kind]++;
          if (outcome.kind === 'accepted') {
            answers.ids.push(id);
            answers.acceptedAt.push(Date.now());
          }
          if (outcome.kind === 'failed') noteReason(answers, outcome.reason);
        },
        (error: Error) => {
          answers.failed++;
          noteReason(answers, String((error.cause as Error | undefined)?.message ?? error.message));
        },
      )
      .finally(() => waiting.delete(one));
    waiting.add(one);
  }, 1000 / perSecond);
  return {
    answers,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(waiting);
      return answers;
    },
  };
}

type Outcome = { kind: 'accepted' | 'refused' } | { kind: 'failed'; reason: string };

async function visit(gatewayUrl: string, { id, session }: { id: string; session: string }): Promise<Outcome> {
  const response = await fetch(`${gatewayUrl}/function/ingest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      event_id: id,
      event_type: 'page_view',
      user_id: 1 + Math.floor(Math.random() * 1000),
      session_id: session,
      country: 'DE',
      properties: { path: '/soak' },
    }),
    signal: AbortSignal.timeout(patienceMs),
  });
  const text = await response.text();
  if (response.status === 202) return { kind: 'accepted' };
  if ((response.status === 429 || response.status === 503) && response.headers.has('retry-after')) {
    return { kind: 'refused' };
  }
  return { kind: 'failed', reason: `${response.status} ${text.slice(0, 120)}` };
}

function noteReason({ reasons }: Answers, reason: string): void {
  if (reasons.length < 10 && !reasons.includes(reason)) reasons.push(reason);
}
