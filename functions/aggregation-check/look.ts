import type { ClickHouseClient } from '@clickhouse/client';
import type { Collection, Document } from 'mongodb';
import type { Shard } from '../../shared/clients/clickhouse/index.ts';
import { HttpError } from '../../shared/errors/index.ts';
import type { Faults } from './classify.ts';
import { compareCounts, type Mismatch } from './counts.ts';
import { createDeadLetters, writeExceptions } from './dead-letters.ts';
import { createExplainer, type Explainer, type Side } from './explain.ts';
import type { KafkaLog } from './kafka/log.ts';
import { createLedger } from './ledger.ts';
import { choosePieces, expectedOf, joinRanges, type Piece, pieceKey, readPieces } from './pieces.ts';
import { readScope, type Scope } from './scope.ts';
import { type Acknowledged, retriesAreDone, type Sink, waitForSinks } from './sinks.ts';
import { clickhousePlaces, compareClickhouse, homeOf } from './stores/clickhouse.ts';
import { catchUp, replicasInStep } from './stores/in-step.ts';
import { countMongo, mongoPlaces, type OffsetRange, storedIds } from './stores/mongo.ts';
import { compareRollups, type RollupVerdict } from './stores/rollups.ts';

export interface LookOptions {
  log: KafkaLog;
  /** In the order of the routes; the first has the check's own tables. */
  shards: readonly Shard[];
  events: Collection<Document>;
  cleanTopic: string;
  deadLetterTopic: string;
  retentionDays: number;
  now: () => number;
  /** Events that a look counts in MongoDB at most, unless it is a full one. */
  mongoBudget: number;
}

/** One minute of one store that does not hold what Kafka says, and which events it is about. */
export interface Finding extends Faults {
  store: 'mongodb' | 'clickhouse';
  mismatch: Mismatch;
  /** False: nothing is left that says which events; the counts alone differ. */
  named: boolean;
}

export interface Findings {
  /** The replica of each shard that was asked. */
  servers: readonly ClickHouseClient[];
  scope: Scope;
  acknowledged: Acknowledged;
  stores: Finding[];
  /** Records that were redriven and not acknowledged yet. */
  onItsWay: number;
  rollups: RollupVerdict;
  /** Events that were counted in MongoDB. */
  mongoCounted: number;
}

/** What one look goes by. */
interface Within {
  servers: readonly ClickHouseClient[];
  scope: Scope;
  pieces: readonly Piece[];
  explainer: Explainer;
}

const dayMs = 86_400_000;
/** Milliseconds of counting in MongoDB that a look spends on what was counted before: a store that is slow is not kept busy. */
const againMs = 2000;
const leastAgain = 10_000;
/** Buckets that are looked into event by event, per store. */
const mostBuckets = 50;

/**
 * Compares Kafka's ledger of events_clean with both stores and the rollups, minute by minute of event time, in every
 * shard. Counts
 * only what both sinks have acknowledged; the rest is pending, never lost.
 */
export function createLook({
  log,
  shards,
  events,
  cleanTopic,
  deadLetterTopic,
  retentionDays,
  now,
  mongoBudget,
}: LookOptions): (options: { full: boolean; waitMs: number }) => Promise<Findings> {
  const ledger = createLedger({ log, topic: cleanTopic });
  const deadLetters = createDeadLetters({ log, topic: deadLetterTopic });
  const countedAt = new Map<string, number>();
  /** Events that may be counted in MongoDB once more: what its last count tells of `againMs`. */
  let again = leastAgain;

  return async ({ full, waitMs }) => {
    const startedAt = now();
    const bounds = await log.bounds(cleanTopic);
    if (bounds === undefined) {
      throw new HttpError(503, `topic ${cleanTopic} does not exist yet`, { retryAfterSeconds: 10 });
    }
    const acknowledged = await waitForSinks(log, cleanTopic, bounds, { timeoutMs: waitMs });
    // What was acknowledged by now, every server that is asked has.
    const servers = await replicasInStep(shards);
    const client = homeOf(servers);
    await ledger.advance(client, { topicId: bounds.id, start: bounds.start, until: acknowledged.offsets });
    await deadLetters.readOn(client);
    // After the letters: a record that is redriven later still counts as an open letter here.
    const retryDone = {
      'mongo-write': await retriesAreDone(log, ['mongo-write']),
      'clickhouse-write': await retriesAreDone(log, ['clickhouse-write']),
    };
    // A day more than the stores keep apart: they drop what has expired at moments of their own.
    const oldestMs = startedAt - (retentionDays - 1) * dayMs;
    const scope = await readScope(client, { topicId: bounds.id, oldestMs: Math.max(0, oldestMs) });
    const pieces = await readPieces(client, scope);
    const explainer = createExplainer({ log, client, topic: cleanTopic, scope, logStart: bounds.start });
    const within = { servers, scope, pieces, explainer };
    const clickhouse = await lookIntoClickhouse(within, retryDone['clickhouse-write']);
    const mongo = await lookIntoMongo(within, {
      budget: full
        ? { most: Number.POSITIVE_INFINITY, again: Number.POSITIVE_INFINITY }
        : { most: mongoBudget, again },
      retryDone: retryDone['mongo-write'],
    });
    const rollups = await compareRollups(servers, scope, () => inFlightIsDone(servers, waitMs));
    const all = [...clickhouse, ...mongo.findings];
    return {
      servers,
      scope,
      acknowledged,
      stores: all.filter(isFault),
      onItsWay: all.reduce((sum, { onItsWay }) => sum + onItsWay.length, 0),
      rollups,
      mongoCounted: mongo.counted,
    };
  };

  /** Waits until every range that is under way now has been acknowledged; false when that takes longer. */
  async function inFlightIsDone(servers: readonly ClickHouseClient[], timeoutMs: number): Promise<boolean> {
    const bounds = await log.bounds(cleanTopic);
    if (bounds === undefined) return false;
    const { waiting } = await waitForSinks(log, cleanTopic, bounds, { timeoutMs });
    if (waiting.length > 0 || !(await retriesAreDone(log, ['clickhouse-write']))) return false;
    await Promise.all(servers.map(catchUp));
    return true;
  }

  function sideOf(
    sink: Sink,
    { servers, scope }: Pick<Within, 'servers' | 'scope'>,
    mismatch: Mismatch,
  ): Side {
    return sink === 'clickhouse-write'
      ? { sink, placesIn: () => clickhousePlaces(servers, scope, mismatch) }
      : { sink, placesIn: (range) => mongoPlaces(events, mismatch, range) };
  }

  async function lookIntoClickhouse(within: Within, retryDone: boolean): Promise<Finding[]> {
    const { servers, scope, pieces, explainer } = within;
    const findings: Finding[] = [];
    for (const mismatch of await compareClickhouse(servers, scope, mostBuckets)) {
      const faults = await explainer.explain(mismatch, {
        ...sideOf('clickhouse-write', within, mismatch),
        other: sideOf('mongo-write', within, mismatch),
        retryDone,
        within: joinRanges(pieces),
      });
      findings.push({ store: 'clickhouse', mismatch, ...faults });
    }
    return findings;
  }

  async function lookIntoMongo(
    look: Within,
    { budget, retryDone }: { budget: { most: number; again: number }; retryDone: boolean },
  ): Promise<{ findings: Finding[]; counted: number }> {
    const { scope, pieces, explainer } = look;
    const client = homeOf(look.servers);
    const chosen = choosePieces(pieces, countedAt, budget);
    const ranges = joinRanges(chosen);
    const expected = await expectedOf(client, scope, { sink: 'mongo-write', ranges });
    const startedAt = performance.now();
    const found = await countMongo(events, ranges);
    const counted = chosen.reduce((sum, { events }) => sum + events, 0);
    again = Math.max(leastAgain, (counted * againMs) / (performance.now() - startedAt));
    const recent = compareCounts(expected, found).filter(({ minute }) => minute >= scope.oldestMs);
    const findings: Finding[] = [];
    for (const mismatch of recent.slice(0, mostBuckets)) {
      const faults = await explainInMongo(mismatch, ranges);
      findings.push({ store: 'mongodb', mismatch, ...faults });
    }
    if (!findings.some(isFault)) for (const piece of chosen) countedAt.set(pieceKey(piece), now());
    return { findings, counted };

    /** An event that is there from another place is a repeat: MongoDB has each id once. */
    async function explainInMongo(mismatch: Mismatch, within: readonly OffsetRange[]) {
      const faults = await explainer.explain(mismatch, {
        ...sideOf('mongo-write', look, mismatch),
        other: sideOf('clickhouse-write', look, mismatch),
        retryDone,
        within,
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

/** A mismatch that is excused event by event is no fault. */
function isFault({ lost, doubled, unexpected, onItsWay, named }: Finding): boolean {
  return lost.length + doubled.length + unexpected.length > 0 || (!named && onItsWay.length === 0);
}
