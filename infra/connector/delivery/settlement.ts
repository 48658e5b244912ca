import { commitPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import type { Outgoing, OutgoingRecord } from '../../../shared/clients/kafka-protocol/place.ts';
import type { Output } from './answer.ts';
import type { WorkerContext } from './context.ts';
import { deadLetter } from './dead-letter.ts';
import { type Declaration, encodeNote } from './declaration.ts';
import type { DeadRecord, Piece } from './pieces.ts';
import type { Ownership } from './takeover.ts';

/**
 * Writes what a partition's deliveries lead to: positions, declarations, outputs and dead letters, in the way of
 * its mode. One write at a time; the caller awaits each.
 *
 * transactional: outputs, dead letters and position are one transaction.
 * ranges: before a piece is sent, one commit declares it and acknowledges what lies before; dead letters that wait
 *   are in the same transaction as that declaration. So a dead letter and the position beyond its record are one.
 * at-least-once: the position after the work.
 *
 * A crash between two writes finds: no declaration (nothing was sent), or the declaration of exactly what was sent.
 */
export interface Settlement {
  /** Before a piece is sent. */
  begin(piece: Piece): Promise<void>;
  /** A piece is done. */
  done(piece: Piece, outputs: readonly Output[], dead: readonly DeadRecord[]): Promise<void>;
  /** A record, and the gap around it, will not be sent any more. */
  bury(dead: readonly DeadRecord[], end: number): void;
  /** What lies before `position` is taken care of: acknowledges it alone, with the dead letters that wait. */
  acknowledge(position: number): Promise<void>;
  /** Whether something waits to be acknowledged even if the position need not move. */
  needsAcknowledging(): boolean;
  /** The position that the broker has confirmed. */
  committed(): number;
  /** Where the next piece begins: everything before is done, though perhaps not written yet. */
  settledTo(): number;
  /** Whether a piece is being sent, or was declared, and is not done: nothing beyond it may be acknowledged. */
  isOpen(): boolean;
  /** The declaration of the piece being sent. */
  declaration(): Declaration | undefined;
}

export function createSettlement(context: WorkerContext, ownership: Ownership): Settlement {
  const { cluster, subscription, membership, topic, partition, lane, now } = context;
  const ranges = subscription.mode === 'ranges';
  let committed = ownership.committed;
  let settledTo = ownership.position;
  let declaration = ownership.declaration;
  /** Whether the broker's note holds a declaration that is to go away with the next acknowledgement. */
  let noted = ownership.declaration !== undefined;
  let open = ownership.declaration !== undefined;
  let firstSentMs = ownership.declaration?.firstSentMs ?? now();
  let waiting: DeadRecord[] = [];

  async function write(offset: number, next: Declaration | undefined, outputs: Outgoing[]): Promise<void> {
    const position = {
      topic: topic.name,
      partition,
      offset,
      metadata: encodeNote({ topicId: topic.id, declaration: next }),
    };
    const letters = waiting.map((dead) => letterOf(dead));
    const records = [...outputs, ...letters];
    if (subscription.mode === 'transactional' || records.length > 0) {
      await ownership.producer.commit({ records, offsets: { position, writer: membership } });
    } else {
      await commitPositions(cluster, { writer: membership, lane, positions: [position] });
    }
    for (const { cause } of waiting) {
      context.metrics.deadLetters.inc({ function: subscription.functionName, reason: cause });
    }
    waiting = [];
    committed = offset;
    noted = next !== undefined;
    settledTo = Math.max(settledTo, offset);
  }

  function letterOf(dead: DeadRecord): OutgoingRecord {
    return deadLetter(dead, {
      functionName: subscription.functionName,
      redriven: topic.name === subscription.retryTopic,
      topic: topic.name,
      topicId: topic.id,
      partition,
      deadLetterTopic: subscription.deadLetterTopic,
      firstSentMs,
      nowMs: now(),
    });
  }

  return {
    async begin(piece) {
      open = true;
      if (piece.declared) {
        declaration = { end: piece.end, ...piece.declared };
        return;
      }
      firstSentMs = now();
      declaration = { end: piece.end, route: partition % subscription.routes, firstSentMs };
      if (!ranges) return;
      await write(piece.first, declaration, []);
    },
    async done(piece, outputs, dead) {
      open = false;
      declaration = undefined;
      settledTo = piece.end;
      waiting.push(...dead);
      if (ranges) return;
      await write(
        piece.end,
        undefined,
        subscription.outputTopic === undefined
          ? []
          : outputs.map((o) => outgoing(o, subscription.outputTopic as string, now())),
      );
    },
    bury(dead, end) {
      open = false;
      declaration = undefined;
      waiting.push(...dead);
      settledTo = end;
    },
    async acknowledge(position) {
      if (open || (position <= committed && !noted && waiting.length === 0)) return;
      await write(Math.max(position, settledTo), undefined, []);
    },
    needsAcknowledging: () => !open && (noted || waiting.length > 0),
    committed: () => committed,
    settledTo: () => settledTo,
    isOpen: () => open,
    declaration: () => declaration,
  };
}

/** An output as a record of the output topic. */
export function outgoing(output: Output, topic: string, timestamp: number): Outgoing {
  if ('bytes' in output) return { topic, copied: output, timestamp };
  return { topic, key: output.key, value: output.value, headers: output.headers, timestamp };
}
