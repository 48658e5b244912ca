import type { Message, Producer, Transaction } from 'kafkajs';
import { PipelineError } from '../../errors/index.ts';
import type { Logger } from '../../log/index.ts';
import { compareAcknowledged } from './acknowledged.ts';
import { createKafka } from './kafka.ts';
import { partitionOf } from './partition.ts';

/** A position that is written with the records of a transaction, or not at all. */
export interface PositionUpdate {
  groupId: string;
  topic: string;
  partition: number;
  offset: number;
  /** At most 4,096 bytes unless the broker allows more. */
  metadata: string;
}

export interface Transactions {
  /**
   * Writes records and positions in one transaction.
   *
   * @throws PipelineError `FENCED` when another producer has taken over this transactional id; `TRANSACTION` when the
   * outcome is unknown or nothing was written. After either, close this one; open anew and read the position, which
   * tells what happened.
   */
  commit(write: { topic: string; messages: readonly Message[]; position: PositionUpdate }): Promise<void>;
  close(): Promise<void>;
}

/** See acknowledged-producer.ts. */
const sendRecords = 1000;

/**
 * Opens a transactional producer. When this resolves, a predecessor with the same id is fenced and the transaction it
 * left open has ended, so a position that is read from now on is the true one.
 */
export async function openTransactions({
  bootstrapServers,
  clientId,
  transactionalId,
  log,
  transactionTimeoutMs = 30_000,
}: {
  bootstrapServers: string;
  clientId: string;
  transactionalId: string;
  log: Logger;
  transactionTimeoutMs?: number;
}): Promise<Transactions> {
  const producer = createKafka({ bootstrapServers, clientId, log }).producer({
    transactionalId,
    transactionTimeout: transactionTimeoutMs,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // The library's default for idempotent producers is to try for ever; a transaction that fails is simply begun anew.
    retry: { initialRetryTime: 5, multiplier: 2, maxRetryTime: 500, retries: 25 },
    createPartitioner:
      () =>
      ({ message, partitionMetadata }) => {
        message.partition ??= partitionOf(message.key as Buffer, partitionMetadata.length);
        return message.partition;
      },
  });
  try {
    await producer.connect();
    await fencePredecessor(producer);
  } catch (error) {
    await producer.disconnect().catch(() => {});
    throw asTransactionError(error, transactionalId);
  }
  return {
    async commit(write) {
      try {
        await commitOnce(producer, write);
      } catch (error) {
        throw asTransactionError(error, transactionalId);
      }
    },
    close: () => producer.disconnect(),
  };
}

/** kafkajs asks for its producer id with the first transaction; an empty one that is given up asks for nothing else. */
async function fencePredecessor(producer: Producer): Promise<void> {
  const transaction = await producer.transaction();
  await transaction.abort();
}

async function commitOnce(
  producer: Producer,
  { topic, messages, position }: { topic: string; messages: readonly Message[]; position: PositionUpdate },
): Promise<void> {
  const transaction = await producer.transaction();
  try {
    // Records first: only a send is repeated while the broker still completes the transaction before.
    for (let start = 0; start < messages.length; start += sendRecords) {
      await sendAll(transaction, topic, messages.slice(start, start + sendRecords));
    }
    const { groupId, partition, offset, metadata } = position;
    // The library's type leaves out the metadata that its request carries.
    const update: { partition: number; offset: string; metadata: string } = {
      partition,
      offset: String(offset),
      metadata,
    };
    await transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic: position.topic, partitions: [update] }],
    });
  } catch (error) {
    // Best effort: whoever opens this id next ends it otherwise.
    await transaction.abort().catch(() => {});
    throw error;
  }
  await transaction.commit();
}

async function sendAll(transaction: Transaction, topic: string, messages: Message[]): Promise<void> {
  const answers = await transaction.send({ topic, messages, acks: -1 });
  const { missing, twice } = compareAcknowledged(
    messages.map((message) => message.partition as number),
    answers,
  );
  if (missing.length + twice.length > 0) {
    throw new Error(
      `a leader moved during a send: partitions ${[...missing, ...twice].join(', ')} of ${topic}`,
    );
  }
}

const fencedTypes = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);

function asTransactionError(error: unknown, transactionalId: string): PipelineError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (fencedTypes.has((cause as { type?: string }).type ?? '')) {
      return new PipelineError('FENCED', `another producer has taken over ${transactionalId}`, {
        cause: error,
      });
    }
  }
  const message = error instanceof Error ? error.message : String(error);
  return new PipelineError('TRANSACTION', `a transaction of ${transactionalId} failed: ${message}`, {
    cause: error,
    retriable: true,
  });
}
