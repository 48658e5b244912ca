/**
 * The value of a record in `events_clean`: one line of JSON whose keys are the columns of ClickHouse's
 * `events_local`, each in the form that a JSONEachRow insert takes exactly, followed by what only MongoDB keeps:
 *
 *     {"event_id":"0192f0c1-7c2e-7d4a-9c57-1f1f0a9b3c55","event_type":"purchase","category":"commerce",
 *      "timestamp":"2026-11-22 10:15:30.123","event_date":"2026-11-22","user_id":12345,"session_id":"s-91",
 *      "country":"DE","device":"desktop","browser":"Chrome","amount":"19.90","currency":"EUR",
 *      "received_at":"2026-11-22 10:15:30.456","user_agent":"Mozilla/5.0 …","ip":"203.0.113.0",
 *      "raw_partition":3,"raw_offset":42,"properties":{"amount":19.9,"currency":"EUR","sku":"A-1"}}
 *
 * - Always one object, in this order, without blanks: `source_partition` and `source_offset`, which only the
 *   reader of `events_clean` knows, go in right behind the opening brace (`withSource`).
 * - `amount` (text with two decimals) and `currency` are left out when the event has none.
 * - `properties` keep their JSON types for MongoDB; ClickHouse reads numbers, booleans and nested values
 *   into its Map(String, String) as JSON text, and null as ''.
 * - Fields that a later release adds stand before `properties`; a reader passes over those it does not know, and
 *   `clickhouse-write` hands them on.
 */
export interface CleanEvent {
  /** Lower-case UUID. */
  event_id: string;
  event_type: string;
  category: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  user_id: number;
  session_id: string;
  country: string;
  device: string;
  browser: string;
  /** Decimal text with two digits after the point. */
  amount?: string | undefined;
  currency?: string | undefined;
  /** Milliseconds since 1970: the Kafka time of the record in `events_raw`. */
  received_at: number;
  user_agent: string;
  /** Cut to /24 or /48. */
  ip: string;
  /** Where the event stands in `events_raw`. */
  raw_partition: number;
  raw_offset: number;
  properties: Record<string, unknown>;
}
