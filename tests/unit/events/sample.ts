import { createEventCheck, loadCategories } from '../../../shared/events/index.ts';

/** 2026-11-22T12:00:00Z: the time of receipt in these tests. */
export const receivedAtMs = Date.UTC(2026, 10, 22, 12);

export const rules = { categories: loadCategories(), retentionDays: 1825 };

export const check = createEventCheck(rules);

/** The event of the documentation. */
export const sample = {
  event_id: '0192f0c1-7c2e-7d4a-9c57-1f1f0a9b3c55',
  event_type: 'purchase',
  timestamp: '2026-11-22T10:15:30.123Z',
  user_id: 12345,
  session_id: 's-91',
  country: 'DE',
  ip: '203.0.113.77',
  user_agent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  properties: { amount: 19.9, currency: 'EUR', sku: 'A-1' },
};

/** `{"a":{"a":…}}`, this many objects deep. */
export function nested(levels: number): Record<string, unknown> {
  let value: Record<string, unknown> = {};
  for (let i = 1; i < levels; i++) value = { a: value };
  return value;
}
