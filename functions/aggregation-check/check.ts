import type { ClickHouseClient } from '@clickhouse/client';
import type { Collection, Document } from 'mongodb';
import { HttpError } from '../../shared/errors/index.ts';
import type { Faults } from './classify.ts';
import { compareCounts, type Mismatch } from './counts.ts';
import { createDeadLetters, writeExceptions } from './dead-letters.ts';
import { createExplainer, type Explainer } from './explain.ts';
import type { KafkaLog } from './kafka/log.ts';
import { createLedger } from './ledger.ts';
import { choosePieces, expectedOf, joinRanges, type Piece, pieceKey, readPieces } from './pieces.ts';
import { readScope, type Scope } from './scope.ts';
import { retryDone, type Sink, waitForSinks } from './sinks.ts';
import { clickhousePlaces, compareClickhouse } from './stores/clickhouse.ts';
import { countMongo, mongoPlaces, type OffsetRange, storedIds } from './stores/mongo.ts';
import { compareRollups } from './stores/rollups.ts';
import { readExcused, readTotals } from './totals.ts';
import type { Difference, Verdict } from './verdict.ts';

export interface CheckOptions {
  log: KafkaLog;
  client: ClickHouseClient;
  events: Collection<Document>;
  cleanTopic: string;
  deadLetterTopic: string;
  retentionDays: number;
  now?: () => number;
  /** Events that a check counts in MongoDB at most, unless it is a full one. */
  mongoBudget?: number;
}

export interface Check {
  /** @throws HttpError 503 when there is no topic to check; the stores' and Kafka's own errors. */
  run(options: { full?: boolean; waitMs?: number }): Promise<Verdict>;
}

const dayMs = 86_400_000;
/** Buckets that are looked into event by event, and events that are named, per store. */
const mostBuckets = 50;
const mostNamed = 100;

/**
 * Compares Kafka's ledger of events_clean with both stores and the rollups, minute by minute of event time. Counts
 * only what both sinks have acknowledged; the rest is pending, never lost.
 */
export function createCheck({
  log,
  client,
  events,
  cleanTopic,
  deadLetterTopic,
  retentionDays,
  now = Date.now,
  mongoBudget = 1_000_000,
}: CheckOptions): Check {
  const ledger = createLedger({ log, client, topic: cleanTopic });
  const deadLetters = createDeadLetters({ log, client, topic: deadLetterTopic });
  const countedAt = new Map<string, number>();

  return {
    async run({ full = false, waitMs = 20_000 }) {
      const startedAt = now();
      const bounds = await log.bounds(cleanTopic);
      if (bounds === undefined) {
        throw new HttpError(503, `topic ${cleanTopic} does not exist yet`, { retryAfterSeconds: 10 });
      }
      const acknowledged = await waitForSinks(log, cleanTopic, bounds, { timeoutMs: waitMs });
      const done = new Map<Sink, boolean>();
      for (const sink of ['mongo-write', 'clickhouse-write'] as const)
        done.set(sink, await retryDone(log, sink));
      await ledger.advance(bounds.id, bounds.start, acknowledged.offsets);
      await deadLetters.readOn();
      // A day more than the stores keep apart: they drop what has expired at moments of their own.
      const oldestMs = startedAt - (retentionDays - 1) * dayMs;
      const scope = await readScope(client, { topicId: bounds.id, oldestMs: Math.max(0, oldestMs) });
      const pieces = await readPieces(client, scope);
      const explainer = createExplainer({ log, client, topic: cleanTopic, scope, logStart: bounds.start });
      const named = { left: mostNamed };

      const clickhouse = await differencesOf(
        await compareClickhouse(client, scope, mostBuckets),
        'clickhouse',
        (m) =>
          explainer.explain(m, {
            sink: 'clickhouse-write',
            retryDone: done.get('clickhouse-write') ?? true,
            within: joinRanges(pieces),
            placesIn: () => clickhousePlaces(client, scope, m),
          }),
        named,
      );
      const mongo = await checkMongo(scope, pieces, explainer, {
        budget: full ? Number.POSITIVE_INFINITY : mongoBudget,
        retryDone: done.get('mongo-write') ?? true,
        named,
      });
      const rollups = await compareRollups(client, scope);
      const totals = await readTotals(client, events, scope);
      const sums = sumOf([clickhouse, mongo]);
      const faults = sums.lost + sums.doubled + sums.unexpected + rollups.drifts.length;
      const status =
        faults > 0 ? 'differs' : totals.kafka === 0 && acknowledged.waiting.length > 0 ? 'pending' : 'ok';
      return {
        ok: status === 'pending' ? null : status === 'ok',
        status,
        checked_at: new Date(startedAt).toISOString(),
        scope: full ? 'full' : 'recent',
        checked: {
          events: totals.kafka,
          minutes: totals.minutes,
          offsets: Object.fromEntries(scope.ends.entries()),
          mongodb_events: mongo.counted,
        },
        totals: {
          kafka: totals.kafka,
          clickhouse: totals.clickhouse,
          mongodb: totals.mongodb,
          events_per_minute: totals.eventsPerMinute,
        },
        lost: sums.lost,
        doubled: sums.doubled,
        unexpected: sums.unexpected,
        drifted: rollups.drifts.length,
        excused: await readExcused(client, scope),
        differences: [...clickhouse.differences, ...mongo.differences],
        drifts: rollups.drifts.slice(0, mostNamed),
        pending: { waiting: acknowledged.waiting, redriven: sums.onItsWay, changing: rollups.changing },
        duration_ms: now() - startedAt,
      };
    },
  };

  async function checkMongo(
    scope: Scope,
    pieces: readonly Piece[],
    explainer: Explainer,
    { budget, retryDone, named }: { budget: number; retryDone: boolean; named: { left: number } },
  ) {
    const chosen = choosePieces(pieces, countedAt, budget);
    const ranges = joinRanges(chosen);
    const expected = await expectedOf(client, scope, { sink: 'mongo-write', ranges });
    const found = await countMongo(events, ranges);
    const recent = compareCounts(expected, found).filter(({ minute }) => minute >= scope.oldestMs);
    const result = await differencesOf(
      recent.slice(0, mostBuckets),
      'mongodb',
      (mismatch) => explainMongo(mismatch, ranges),
      named,
    );
    if (result.differences.length === 0) {
      for (const piece of chosen) countedAt.set(pieceKey(piece), now());
    }
    return { ...result, counted: chosen.reduce((sum, { events }) => sum + events, 0) };

    /** An event that is there from another place is a repeat: MongoDB has each id once. */
    async function explainMongo(mismatch: Mismatch, within: readonly OffsetRange[]): Promise<Faults> {
      const faults = await explainer.explain(mismatch, {
        sink: 'mongo-write',
        retryDone,
        within,
        placesIn: (range) => mongoPlaces(events, mismatch, range),
      });
      const ids = faults.lost.flatMap(({ event_id }) => (event_id ? [event_id] : []));
      const elsewhere = await storedIds(events, ids);
      const repeats = faults.lost.filter(({ event_id }) => event_id !== undefined && elsewhere.has(event_id));
      await writeExceptions(
        client,
        repeats.map(({ partition, offset }) => ({
          sink: 'mongo-write',
          topicId: scope.topicId,
          partition,
          offset,
          minute: mismatch.minute,
          state: 'repeat',
          version: 0,
        })),
      );
      return { ...faults, lost: faults.lost.filter((each) => !repeats.includes(each)) };
    }
  }
}

interface Found {
  differences: Difference[];
  lost: number;
  doubled: number;
  unexpected: number;
  onItsWay: number;
}

/** Looks into each mismatch; one that is excused, event by event, is no difference. */
async function differencesOf(
  mismatches: readonly Mismatch[],
  store: Difference['store'],
  explain: (mismatch: Mismatch) => Promise<Faults>,
  named: { left: number },
): Promise<Found> {
  const result: Found = { differences: [], lost: 0, doubled: 0, unexpected: 0, onItsWay: 0 };
  for (const mismatch of mismatches) {
    const faults = await explain(mismatch);
    result.lost += faults.lost.length;
    result.doubled += faults.doubled.length;
    result.unexpected += faults.unexpected.length;
    result.onItsWay += faults.onItsWay.length;
    if (faults.lost.length + faults.doubled.length + faults.unexpected.length === 0) continue;
    const some = <T>(all: readonly T[]): T[] => {
      const given = all.slice(0, Math.max(0, named.left));
      named.left -= given.length;
      return given;
    };
    result.differences.push({
      store,
      minute: new Date(mismatch.minute).toISOString(),
      partition: mismatch.partition,
      expected: mismatch.expected,
      found: mismatch.found,
      lost: some(faults.lost),
      doubled: some(faults.doubled),
      unexpected: some(faults.unexpected),
    });
  }
  return result;
}

function sumOf(results: readonly Found[]): Omit<Found, 'differences'> {
  const sum = (field: 'lost' | 'doubled' | 'unexpected' | 'onItsWay') =>
    results.reduce((total, result) => total + result[field], 0);
  return {
    lost: sum('lost'),
    doubled: sum('doubled'),
    unexpected: sum('unexpected'),
    onItsWay: sum('onItsWay'),
  };
}
