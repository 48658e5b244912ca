import Bowser from 'bowser';
import { z } from 'zod';

/** The same checks and enrichment as the pipeline's, written the plain way. */
const schema = z.strictObject({
  event_id: z.uuid().optional(),
  event_type: z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/),
  timestamp: z.union([z.iso.datetime({ offset: true }), z.int()]).optional(),
  user_id: z.int().min(0),
  session_id: z.string().max(200).optional(),
  country: z.string().length(2).optional(),
  ip: z.string().max(45).optional(),
  user_agent: z.string().max(1024).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

const agents = new Map<string, { device: string; browser: string }>();

function agentOf(text: string) {
  let agent = agents.get(text);
  if (!agent) {
    const parsed = Bowser.parse(text || 'unknown');
    agent = { device: parsed.platform.type ?? '', browser: parsed.browser.name ?? '' };
    if (agents.size < 10_000) agents.set(text, agent);
  }
  return agent;
}

const clickhouseTime = (date: Date) => date.toISOString().slice(0, 23).replace('T', ' ');

/** A document for MongoDB and a row for ClickHouse, or nothing for an invalid event. */
export function clean(value: Buffer | null, kafkaTimeMs: number) {
  let json: unknown;
  try {
    json = JSON.parse(value?.toString() ?? '');
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return undefined;
  const event = parsed.data;
  const timestamp = new Date(event.timestamp ?? kafkaTimeMs);
  const properties = event.properties ?? {};
  // No store takes half a character, which JSON writes as an escape; ClickHouse's days end in 2149.
  if (/\\ud[89a-f]/.test(JSON.stringify(event))) return undefined;
  if (!(timestamp.getTime() >= 0 && timestamp.getTime() < Date.UTC(2149, 0))) return undefined;
  const receivedAt = new Date(kafkaTimeMs);
  const id = event.event_id ?? crypto.randomUUID();
  const { device, browser } = agentOf(event.user_agent ?? '');
  const ip = (event.ip ?? '').replace(/\.\d+$/, '.0');
  return {
    document: {
      _id: id,
      event_type: event.event_type,
      timestamp,
      user_id: event.user_id,
      session_id: event.session_id ?? '',
      country: event.country ?? '',
      user_agent: event.user_agent ?? '',
      ip,
      properties,
      received_at: receivedAt,
    },
    row: {
      event_id: id,
      event_type: event.event_type,
      timestamp: clickhouseTime(timestamp),
      user_id: event.user_id,
      session_id: event.session_id ?? '',
      country: event.country ?? '',
      device,
      browser,
      amount: typeof properties.amount === 'number' ? properties.amount.toFixed(2) : '0',
      currency: typeof properties.currency === 'string' ? properties.currency : '',
      properties: Object.fromEntries(
        Object.entries(properties).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)]),
      ),
      received_at: clickhouseTime(receivedAt),
    },
  };
}
