import { setTimeout as delay } from 'node:timers/promises';
import { initProducerIdV4 } from '@platformatic/kafka';
import { messageOf, PipelineError } from '../../errors/index.ts';
import type { Cluster, Topic } from './cluster.ts';
import type { BrokerAddress } from './connections.ts';
import { kafkaErrorId } from './errors.ts';
import { type OutgoingRecord, type Placed, place, topicOf } from './place.ts';
import { produceOnce } from './produce-api.ts';
import { errorsByPartition, errorsOfFailure, produceOutcome } from './produce-outcome.ts';
import { encodeBatch, sequenceAfter } from './record-batch.ts';
import type { WritableRecord } from './records.ts';

/** Records that were not acknowledged, and why. They may be in the topic all the same. */
export interface Unacknowledged {
  records: readonly WritableRecord[];
  error: unknown;
}

export interface IdempotentProducer {
  /**
   * Writes each record once, and those of one key in order; ends when all in-sync replicas have them, or a broker has
   * refused them, or the time is over. One send at a time.
   *
   * @returns what was not acknowledged; nothing when all is.
   */
  send(records: readonly OutgoingRecord[], options: { timeoutMs: number }): Promise<Unacknowledged[]>;
}

/** Brokers tell the repetition of a batch from a new one by these. */
interface Identity {
  id: bigint;
  epoch: number;
  /** Of the next batch, by `<topic>/<partition>`. */
  sequences: Map<string, number>;
}

/** What is left of a partition's records. A batch that was sent is sent again with the same bytes, or not at all. */
interface Open extends Placed {
  key: string;
  batch?: Buffer | undefined;
}

interface Send {
  identity: Identity;
  open: Set<Open>;
  refused: Unacknowledged[];
  /** What the last try without success failed with. */
  lastError: unknown;
  signal: AbortSignal;
}

/** Partitions that were added are used after this time at the latest. */
const METADATA_AGE_MS = 60_000;

/**
 * A producer without transactions. A batch whose outcome is not known is sent again with the same producer id and
 * sequence number, to whoever leads its partition then, and one request at a time is under way for a partition: so each
 * of its copies finds either no earlier one, or one that the broker knows. Partitions do not wait for each other.
 *
 * After a send that did not succeed the producer takes a new id: whether its last sequence numbers were used is open.
 */
export function createIdempotentProducer({
  cluster,
  lane,
  requestTimeoutMs,
}: {
  cluster: Cluster;
  lane: string;
  /** What a broker may take to have a batch replicated, before it is asked again. */
  requestTimeoutMs: number;
}): IdempotentProducer {
  let identity: Identity | undefined;
  let metadataReadAt = 0;

  async function newIdentity(): Promise<Identity> {
    // A time-out of transactions has to be given, and means nothing here.
    const answer = await cluster.callAny(lane, initProducerIdV4.api, null, 60_000);
    return { id: answer.producerId, epoch: answer.producerEpoch, sequences: new Map() };
  }

  /** Tries until it is done, refused, or too late. */
  async function prepare(
    records: readonly OutgoingRecord[],
    signal: AbortSignal,
    failed: (e: unknown) => void,
  ) {
    let mine = identity;
    for (let tries = 0; ; tries++) {
      try {
        if (Date.now() - metadataReadAt > METADATA_AGE_MS) {
          cluster.forgetTopics(topicsOf(records));
          metadataReadAt = Date.now();
        }
        mine ??= await newIdentity();
        return { mine, placed: await place(cluster, records, 0) };
      } catch (error) {
        failed(error);
        if (produceOutcome(kafkaErrorId(error)) === 'refused') throw error;
        await pause(tries, signal);
        signal.throwIfAborted();
      }
    }
  }

  /** Writes the first piece of each of these partitions, and then what is left of them. Never rejects for Kafka's sake. */
  async function deliver(partitions: readonly Open[], send: Send, tries = 0): Promise<void> {
    if (partitions.length === 0) return;
    if (tries > 0) {
      await pause(tries - 1, send.signal);
      cluster.forgetTopics(topicsOf(partitions));
    }
    if (send.signal.aborted) return;
    const { led, waiting } = await byLeader(partitions, send);
    await Promise.all([
      ...led.map(({ leader, partitions: of }) => writeTo(leader, of, send, tries)),
      deliver(waiting, send, tries + 1),
    ]);
  }

  async function byLeader(partitions: readonly Open[], send: Send) {
    const led = new Map<number, { leader: BrokerAddress; partitions: Open[] }>();
    const waiting: Open[] = [];
    for (const [name, same] of Map.groupBy(partitions, (each) => each.topic)) {
      const topic = await topicOf(cluster, name).catch((error) => {
        send.lastError = error;
      });
      for (const each of same) {
        const leader = topic && leaderOf(topic, each, send);
        const known = leader && led.get(leader.nodeId);
        if (!leader) waiting.push(each);
        else if (known) known.partitions.push(each);
        else led.set(leader.nodeId, { leader, partitions: [each] });
      }
    }
    return { led: [...led.values()], waiting };
  }

  function leaderOf(topic: Topic, { partition }: Open, send: Send): BrokerAddress | undefined {
    try {
      return cluster.leaderOf(topic, partition);
    } catch (error) {
      send.lastError = error;
      return undefined;
    }
  }

  async function writeTo(
    leader: BrokerAddress,
    partitions: Open[],
    send: Send,
    tries: number,
  ): Promise<void> {
    const errors = await produce(leader, partitions, send);
    const next: Open[] = [];
    const again: Open[] = [];
    for (const each of partitions) {
      const error = errors.get(each.key);
      const outcome = produceOutcome(error);
      if (outcome === 'again') {
        if (error !== undefined) send.lastError = brokerError(each, error);
        again.push(each);
      } else if (outcome === 'refused') {
        send.open.delete(each);
        send.refused.push({ records: each.chunks.flat(), error: brokerError(each, error) });
      } else if (advance(each, send.identity)) {
        next.push(each);
      } else {
        send.open.delete(each);
      }
    }
    await Promise.all([deliver(next, send), deliver(again, send, tries + 1)]);
  }

  /** @returns Kafka's name of each partition's error, or `NONE`; partitions without an answer are absent. */
  async function produce(leader: BrokerAddress, partitions: readonly Open[], send: Send) {
    const batches = partitions.map((each) => {
      each.batch ??= encode(each, send.identity);
      return { topic: each.topic, partition: each.partition, bytes: each.batch };
    });
    try {
      const connection = await cluster.connection(leader, lane);
      const request = { transactionalId: null, timeoutMs: requestTimeoutMs, batches };
      return errorsByPartition(await produceOnce(connection, request));
    } catch (error) {
      send.lastError = error;
      return errorsOfFailure(
        error,
        partitions.map(({ key }) => key),
      );
    }
  }

  return {
    async send(records, { timeoutMs }) {
      const ended = new AbortController();
      const { signal } = ended;
      const late = new Promise<'late'>((resolve) => {
        signal.addEventListener('abort', () => resolve('late'), { once: true });
      });
      const timer = setTimeout(() => ended.abort(), timeoutMs);
      let lastError: unknown;
      try {
        const preparing = prepare(records, signal, (error) => {
          lastError = error;
        });
        // When it is too late nobody waits for how this ends.
        preparing.catch(() => {});
        const prepared = await Promise.race([preparing, late]);
        if (prepared === 'late') return [{ records, error: tooLate(timeoutMs, lastError) }];
        identity = prepared.mine;
        const open = prepared.placed.map(
          (each): Open => ({ ...each, key: `${each.topic}/${each.partition}` }),
        );
        const send: Send = { identity, open: new Set(open), refused: [], lastError, signal };
        await Promise.race([deliver(open, send), late]);
        const unanswered = [...send.open].map(({ chunks }) => ({
          records: chunks.flat(),
          error: tooLate(timeoutMs, send.lastError),
        }));
        const unacknowledged = [...send.refused, ...unanswered];
        if (unacknowledged.length > 0) identity = undefined;
        return unacknowledged;
      } catch (error) {
        identity = undefined;
        return [{ records, error }];
      } finally {
        clearTimeout(timer);
        ended.abort();
      }
    },
  };
}

function encode({ key, chunks }: Open, { id, epoch, sequences }: Identity): Buffer {
  const sequence = sequences.get(key) ?? 0;
  return encodeBatch(chunks[0] as WritableRecord[], { id, epoch, sequence, transactional: false });
}

/** The first piece is written. @returns whether another one follows. */
function advance(open: Open, { sequences }: Identity): boolean {
  const written = open.chunks.shift()?.length ?? 0;
  sequences.set(open.key, sequenceAfter(sequences.get(open.key) ?? 0, written));
  open.batch = undefined;
  return open.chunks.length > 0;
}

/** 20 ms, 40 ms, … 500 ms; shorter when it is too late. */
async function pause(tries: number, signal: AbortSignal): Promise<void> {
  await delay(Math.min(20 * 2 ** tries, 500), undefined, { signal }).catch(() => {});
}

function topicsOf(records: readonly { topic: string }[]): string[] {
  return [...new Set(records.map(({ topic }) => topic))];
}

function brokerError({ key }: Open, error: string | undefined): PipelineError {
  return new PipelineError('PRODUCE', `the leader of ${key} answers ${error}`, { retriable: true });
}

function tooLate(timeoutMs: number, lastError: unknown): PipelineError {
  const last = lastError === undefined ? '' : `; at last: ${messageOf(lastError)}`;
  return new PipelineError('PRODUCE', `no acknowledgement within ${timeoutMs} ms${last}`, {
    cause: lastError,
    retriable: true,
  });
}
