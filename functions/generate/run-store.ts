import type { Admin } from 'kafkajs';
import {
  createKafka,
  openTransactions,
  readPosition,
  type Transactions,
} from '../../shared/clients/kafka/index.ts';
import type { Logger } from '../../shared/log/index.ts';
import type { GeneratedEvent } from './event-source.ts';
import { decodeProgress, encodeProgress, type Progress } from './progress.ts';

/** A run that this process has taken over: nobody else can write to it until they take it over in turn. */
export interface OpenRun {
  /** How far the run was when it was taken over; undefined when it has not begun. */
  readonly found: Progress | undefined;
  /**
   * Writes events and the progress that counts them, both or neither.
   *
   * @throws PipelineError as `Transactions.commit`.
   */
  write(events: readonly GeneratedEvent[], progress: Progress): Promise<void>;
  close(): Promise<void>;
}

export interface RunStore {
  /** Takes a run over, or begins it. */
  open(runId: string): Promise<OpenRun>;
  close(): Promise<void>;
}

/**
 * Runs in Kafka. A run is a transactional id, which fences whoever wrote to it before, and a consumer group of the same
 * name, whose position on the events topic carries the progress as metadata. The position is one of bookkeeping: it
 * counts events of the run, not records of the partition.
 */
export function createRunStore({
  bootstrapServers,
  topic,
  log,
}: {
  bootstrapServers: string;
  topic: string;
  log: Logger;
}): RunStore {
  const clientId = 'generate';
  let admin: Promise<Admin> | undefined;

  async function connectedAdmin(): Promise<Admin> {
    const created = createKafka({ bootstrapServers, clientId, log }).admin();
    await created.connect();
    return created;
  }

  return {
    async open(runId) {
      const name = `generate-${runId}`;
      const transactions: Transactions = await openTransactions({
        bootstrapServers,
        clientId,
        transactionalId: name,
        log,
      });
      try {
        // Only now: the predecessor is fenced and its last transaction has ended one way or the other.
        admin ??= connectedAdmin();
        const position = await admin
          .then((connected) => readPosition(connected, { groupId: name, topic, partition: 0 }))
          .catch((error) => {
            admin = undefined;
            throw error;
          });
        return {
          found: position === undefined ? undefined : decodeProgress(position.metadata),
          write: (events, progress) =>
            transactions.commit({
              topic,
              messages: events.map(({ key, value }) => ({ key: Buffer.from(key), value })),
              position: {
                groupId: name,
                topic,
                partition: 0,
                offset: progress.next,
                metadata: encodeProgress(progress),
              },
            }),
          close: () => transactions.close(),
        };
      } catch (error) {
        await transactions.close().catch(() => {});
        throw error;
      }
    },
    async close() {
      await (await admin?.catch(() => undefined))?.disconnect();
      admin = undefined;
    },
  };
}
