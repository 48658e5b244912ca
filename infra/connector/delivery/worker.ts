import { setTimeout as delay } from 'node:timers/promises';
import { PositionWriteError } from '../../../shared/clients/kafka-protocol/errors.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import { FeedBrokenError } from '../kafka/feed.ts';
import { NotMemberError } from '../kafka/not-member.ts';
import { backoffMs } from './backoff.ts';
import { batchIdOf } from './batch-id.ts';
import { StoppedError, type WorkerContext } from './context.ts';
import { msUntilPiece, stepsOf } from './forming.ts';
import { createPatience } from './patience.ts';
import { cutOut, halve, type Piece, type Step } from './pieces.ts';
import { createSender, type Outcome } from './sender.ts';
import { createSettlement, type Settlement } from './settlement.ts';
import { type Ownership, takeOver } from './takeover.ts';

export interface PartitionState {
  topic: string;
  partition: number;
  /** Undefined until the partition has been taken over. */
  position: number | undefined;
  /** Read-committed end as last seen. */
  stableEnd: number | undefined;
  /** Whether that was seen so long ago that it should be asked for. */
  endIsOld: boolean;
  /** Since when a transaction that nobody ends holds the read-committed end back, milliseconds. */
  heldSinceMs: number | undefined;
  /** Kafka's time of the record at the position, when there is one and it is known. */
  positionTimestampMs: number | undefined;
  /** When an open range was first sent, milliseconds; undefined when none is open. */
  openSinceMs: number | undefined;
  waiting: string | undefined;
  /** When the worker last did anything, milliseconds: a live one does at least once a minute, or is in a call. */
  activeMs: number;
}

export interface Worker {
  state(): PartitionState;
  /**
   * Finishes the call in flight within `graceMs`, acknowledges, and ends; with 0 drops everything at once.
   * Resolves at the latest soon after `graceMs`; whatever is still under way then is refused or dropped.
   */
  stop(graceMs: number): Promise<void>;
}

/** An acknowledgement that no next piece has carried is written alone after so long. */
const ACKNOWLEDGE_AFTER_MS = 100;

/** Delivers one partition from its takeover until it is stopped; after any failed write it takes over again. */
export function createWorker(context: WorkerContext): Worker {
  const { subscription, topic, partition, feed, membership, log, now } = context;
  const soft = new AbortController();
  const hard = new AbortController();
  const stop = { soft: soft.signal, hard: hard.signal };
  const patience = createPatience(context);
  const pacer = context.pace.join();
  const sender = createSender(context, patience);
  let settlement: Settlement | undefined;
  let sending: Piece | undefined;
  let lastPosition: number | undefined;
  let activeMs = now();
  /** When the steps that are being delivered were formed. */
  let formedMs: number | undefined;
  const where = { topic: topic.name, partition };

  async function run(): Promise<void> {
    let failures = 0;
    while (!soft.signal.aborted) {
      activeMs = now();
      try {
        const ownership = await takeOver(context, soft.signal);
        await deliver(ownership, () => {
          failures = 0;
        });
        return;
      } catch (error) {
        lastPosition = settlement?.committed() ?? lastPosition;
        settlement = undefined;
        const batchId = sending && batchIdOf(context, sending);
        sending = undefined;
        feed.pause();
        if (error instanceof StoppedError || soft.signal.aborted) return;
        if (error instanceof NotMemberError) return;
        if (error instanceof PositionWriteError && error.mayLandLate) {
          // Only a new generation refuses the copy that may still be under way.
          membership.renew(error.message);
          return;
        }
        if (error instanceof FeedBrokenError && error.code === 'TOPIC_CHANGED') {
          membership.renew(`topic ${topic.name} was made anew`);
          return;
        }
        failures++;
        const ms = backoffMs(failures, { baseMs: 50, capMs: 5000, random: context.random });
        const line = { ...where, batchId, err: messageOf(error), ms };
        if (error instanceof FeedBrokenError && error.code === 'OFFSET_OUT_OF_RANGE' && failures > 2) {
          // Below its start the position would have moved: so it lies beyond the end.
          log.error(
            line,
            'the log ends before the position: it was cut. The partition waits; set the group’s position to go on',
          );
        } else if (error instanceof FeedBrokenError || error instanceof PositionWriteError || failures > 1) {
          log.warn(line, 'taking the partition over again');
        } else {
          log.error({ ...line, err: error }, 'delivery failed; taking the partition over again');
        }
        await delay(ms, undefined, { signal: soft.signal }).catch(() => {});
      }
    }
  }

  async function deliver(ownership: Ownership, onProgress: () => void): Promise<void> {
    const desk = createSettlement(context, ownership);
    settlement = desk;
    const steps: Step[] = [];
    if (ownership.declaration !== undefined) {
      const { end, route, firstSentMs } = ownership.declaration;
      const taken = await takeDeclared(end);
      const declared = { route, firstSentMs };
      if (taken) steps.push({ send: { first: ownership.position, end, records: taken, declared } });
    }
    while (!soft.signal.aborted) {
      activeMs = now();
      const step = steps.shift();
      if (!step) {
        steps.push(...(await nextSteps(desk)));
        continue;
      }
      if ('bury' in step) {
        desk.bury([step.bury], step.end);
        continue;
      }
      try {
        steps.unshift(...(await deliverPiece(step.send, desk)));
      } catch (error) {
        // What is done may still be acknowledged; what was being sent stays declared.
        if (error instanceof StoppedError) break;
        throw error;
      }
      onProgress();
    }
    if (hard.signal.aborted) throw new StoppedError();
    await desk.acknowledge(steps.length === 0 && !desk.isOpen() ? feed.end() : desk.settledTo());
  }

  async function deliverPiece(piece: Piece, desk: Settlement): Promise<Step[]> {
    sending = piece;
    if (piece.records.length === 0) {
      desk.bury([], piece.end);
      sending = undefined;
      return [];
    }
    await untilRouteIsFree(piece);
    await desk.begin(piece);
    if (hard.signal.aborted) throw new StoppedError();
    const outcome = await sender.send(piece, desk.declaration()?.route ?? 0, stop);
    const rest = await settle(piece, desk, outcome);
    sending = undefined;
    return rest;
  }

  /** While a range of another partition has been open for long, nothing new is declared on its route. */
  async function untilRouteIsFree(piece: Piece): Promise<void> {
    if (subscription.mode !== 'ranges' || piece.declared) return;
    const route = partition % subscription.routes;
    while (context.oldRanges.holding(route, topic.name, partition)) {
      await patience.wait(1000, 'route', stop);
    }
  }

  async function settle(piece: Piece, desk: Settlement, outcome: Outcome): Promise<Step[]> {
    if (outcome.kind === 'done') {
      await desk.done(piece, outcome.outputs, outcome.dead);
      return [];
    }
    context.metrics.splits.inc({ function: subscription.functionName });
    log.info(
      {
        ...where,
        batchId: batchIdOf(context, piece),
        traceId: outcome.traceId,
        records: piece.records.length,
        how: outcome.kind,
      },
      'nothing was written; sending pieces',
    );
    if (outcome.kind === 'cut') return cutOut(piece, outcome.dead);
    const halves = halve(piece);
    if (halves) return halves.map((send) => ({ send }));
    const [record] = piece.records;
    if (!record) return [];
    const { reason, attempts } = outcome;
    return cutOut(piece, [{ record, cause: 'refused', reason, attempts }]);
  }

  /** All records of a range that was declared earlier; undefined when told to stop first. */
  async function takeDeclared(end: number) {
    for (;;) {
      if (soft.signal.aborted) return undefined;
      feed.check();
      const taken = feed.takeUntil(end);
      if (taken) return taken.records;
      await feed.changed(1000);
    }
  }

  /** Waits for the next records; meanwhile acknowledges what no next piece has carried. */
  async function nextSteps(desk: Settlement): Promise<Step[]> {
    if (formedMs !== undefined) pacer.worked(now() - formedMs);
    formedMs = undefined;
    const restsUntilMs = now() + pacer.restMs();
    let idleSince = now();
    while (!soft.signal.aborted) {
      activeMs = now();
      feed.check();
      const buffered = { count: feed.count(), bytes: feed.bytes(), oldestArrivalMs: feed.oldestArrivalMs() };
      const wait = msUntilPiece(buffered, subscription, restsUntilMs, now());
      if (wait === 0) {
        formedMs = now();
        const first = desk.settledTo();
        const taken = feed.take(subscription.batchSize, subscription.batchBytes);
        const { steps, filtered } = stepsOf(taken, first, subscription, now());
        if (filtered > 0) {
          context.metrics.records.inc({ function: subscription.functionName, outcome: 'filtered' }, filtered);
        }
        return steps;
      }
      // With records at hand the next piece is near, and carries it.
      const behind = buffered.count === 0 && (desk.committed() < feed.end() || desk.needsAcknowledging());
      if (!behind) idleSince = now();
      const due = behind ? idleSince + ACKNOWLEDGE_AFTER_MS - now() : undefined;
      if (due !== undefined && due <= 0) {
        await desk.acknowledge(feed.end());
        if (hard.signal.aborted) throw new StoppedError();
        idleSince = now();
        continue;
      }
      await feed.changed(Math.min(wait ?? Number.POSITIVE_INFINITY, due ?? Number.POSITIVE_INFINITY, 60_000));
    }
    return [];
  }

  const running = run().finally(() => {
    pacer.leave();
    feed.close();
  });
  return {
    state: () => ({
      topic: topic.name,
      partition,
      position: settlement?.committed() ?? lastPosition,
      stableEnd: feed.stableEnd(),
      endIsOld: now() - feed.stableEndSeenMs() > 2000,
      heldSinceMs: feed.heldSinceMs(),
      positionTimestampMs: sending?.records[0]?.timestamp ?? feed.oldestTimestampMs(),
      openSinceMs: settlement?.isOpen() ? settlement.declaration()?.firstSentMs : undefined,
      waiting: patience.reason(),
      activeMs,
    }),
    async stop(graceMs) {
      soft.abort();
      feed.nudge();
      if (graceMs > 0) await Promise.race([running, delay(graceMs, undefined, { ref: false })]);
      hard.abort();
      feed.nudge();
      await Promise.race([running, delay(500, undefined, { ref: false })]);
    },
  };
}
