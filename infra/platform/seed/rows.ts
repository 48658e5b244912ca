import type { Categories } from '../../../shared/events/categories.ts';
import type { Shape } from './shape.ts';

/** Rows of one insert; together they stand for a stretch of time, as inserts of live traffic do. */
export const chunkRows = 1_000_000;
export const partitions = 6;
const users = 1_000_000;

/** The statement that makes rows `first` up to `end` of `total`; the same rows every time but for their ids. */
export function insertRows(
  categories: Categories,
  { shape, first, end, total }: { shape: Shape; first: number; end: number; total: number },
): string {
  const { types, kinds, paid } = slotsOf(categories);
  const spanMs = shape.toMs - shape.fromMs;
  const random = (salt: number, below: number) => `(cityHash64(n, ${salt}) % ${below})`;
  const ofVisit = (salt: number, below: number) => `(cityHash64(lane, visit, ${salt}) % ${below})`;
  // Visits run side by side in lanes, as those of `generate`; within one an event follows the other after a minute.
  const lanes = Math.max(1, Math.round(total / (spanMs / 60_000)));
  return `INSERT INTO ${shape.database}.events_local
  (event_id, event_type, category, timestamp, event_date, user_id, session_id, country, device, browser, amount, currency,
   properties, received_at, source_partition, source_offset)
WITH
  number + ${first} AS n,
  n / ${total} * ${spanMs} AS even,
  -- Busy in the evening, quiet at night: within its day each moment is moved by a sine.
  even + 86400000 * 0.6 / (2 * pi()) * sin(2 * pi() * even / 86400000) AS curved,
  ${shape.fromMs} + least(greatest(0, toInt64(curved)), ${spanMs - 1}) AS received,
  -- Two in a hundred come up to six hours late.
  greatest(${shape.fromMs}, received - if(${random(1, 50)} = 0, ${random(2, 21_600_000)}, ${random(3, 300)})) AS happened,
  ${random(4, types.length)} AS slot,
  ${array(types)}[1 + slot] AS type,
  ${array(kinds)}[1 + slot] AS kind,
  [${paid.join(',')}][1 + slot] = 1 AS pays,
  n % ${lanes} AS lane,
  -- A lane's visits have 1 to 13 events.
  intDiv(intDiv(n, ${lanes}), 1 + cityHash64(lane) % 13) AS visit,
  if(${ofVisit(5, 2)} = 0, toUInt64(exp(${ofVisit(6, 1_000_003)} / 1000003 * log(${users}))), ${ofVisit(7, users)}) AS user,
  fromUnixTimestamp64Milli(toInt64(happened), 'UTC') AS time,
  toDecimal64(5 + ${random(8, 20_000)} / 100, 2) AS price,
  ['EUR','USD','GBP','CHF'][1 + least(${random(9, 4)}, ${random(10, 4)})] AS coin,
  concat('SKU-', toString(least(${random(11, 5000)}, ${random(12, 5000)}))) AS sku
SELECT generateUUIDv7(), type, kind, time, toDate(time), user,
  concat('s-', toString(lane), '.', toString(visit)),
  ['DE','US','FR','GB','IT','ES','PL','NL','BR','IN','JP',''][1 + least(${random(13, 12)}, ${random(14, 12)})],
  ['desktop','mobile','mobile','tablet','bot'][1 + cityHash64(user, 1) % 5],
  ['Chrome','Safari','Firefox','Microsoft Edge','other'][1 + least(cityHash64(user, 2) % 5, cityHash64(user, 3) % 5)],
  if(pays, price, toDecimal64(0, 2)), if(pays, coin, ''),
  if(pays, map('amount', toString(price), 'currency', coin, 'sku', sku),
    map('path', concat('/p/', toString(least(${random(15, 2000)}, ${random(16, 2000)}))), 'load_ms', toString(${random(17, 3000)}))),
  fromUnixTimestamp64Milli(toInt64(received), 'UTC'), n % ${partitions}, intDiv(n, ${partitions})
FROM numbers(${end - first})`;
}

/** A hundred or so slots, as many a type as its weight says. */
function slotsOf({ types }: Categories): { types: string[]; kinds: string[]; paid: (0 | 1)[] } {
  const weight = types.reduce((sum, each) => sum + each.weight, 0);
  const slots = types.flatMap((each) => {
    const count = Math.max(1, Math.round((each.weight / weight) * 200));
    return Array.from({ length: count }, () => each);
  });
  return {
    types: slots.map(({ name }) => name),
    kinds: slots.map(({ category }) => category),
    paid: slots.map(({ properties }) => ('amount' in properties ? 1 : 0)),
  };
}

/** Names are of letters, digits, `_` and `.` alone. */
function array(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(',')}]`;
}
