import type { ConnectionOptions } from '@platformatic/kafka';
import { createCluster } from '../../shared/clients/kafka-protocol/cluster.ts';
import type { PositionWriter } from '../../shared/clients/kafka-protocol/offsets.ts';
import type { OutgoingRecord } from '../../shared/clients/kafka-protocol/place.ts';
import { createPositionLog } from '../../shared/clients/kafka-protocol/position-log.ts';
import {
  createTransactionalProducer,
  type TransactionalProducer,
} from '../../shared/clients/kafka-protocol/transaction.ts';
import { messageOf, PipelineError } from '../../shared/errors/index.ts';
import type { GeneratedEvent } from './event-source.ts';
import { decodeProgress, encodeProgress, type Progress } from './progress.ts';

/** A run that this process has taken over: nobody else can write to it until they take it over in turn. */
export interface OpenRun {
  /** How far the run was when it was taken over; undefined when it has not begun. */
  readonly found: Progress | undefined;
  /**
   * Writes events and the progress that counts them, both or neither.
   *
   * @throws PipelineError `FENCED` when another process has taken the run over; `TRANSACTION` when Kafka did not do it, or
   * may have: what was written is known when the run is opened anew.
   */
  write(events: readonly GeneratedEvent[], progress: Progress): Promise<void>;
  close(): Promise<void>;
}

export interface RunStore {
  /**
   * Takes a run over, or begins it.
   *
   * @throws PipelineError `TRANSACTION` when Kafka did not do it.
   */
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
  connectionOptions,
}: {
  bootstrapServers: string;
  topic: string;
  connectionOptions: ConnectionOptions;
}): RunStore {
  const cluster = createCluster({ bootstrapServers, clientId: 'generate', connectionOptions });

  return {
    async open(runId) {
      const name = `generate-${runId}`;
      // A run's group has no members: fencing its transactional id is what keeps others out.
      const writer: PositionWriter = { groupId: name, memberId: '', generation: -1, instanceId: null };
      // A long-lived process sees partitions that were added when the next call opens a run.
      cluster.forgetTopics([topic]);
      const inKafka = <T>(work: Promise<T>) =>
        work.catch((error) => {
          throw asRunError(error, name);
        });
      const producer = await inKafka(
        createTransactionalProducer({ cluster, transactionalId: name, lane: name }),
      );
      // Only now: the predecessor is fenced and its last transaction has ended one way or the other.
      const log = createPositionLog({ cluster, groupId: name, lane: name });
      const positions = await inKafka(log.read({ topic, partitions: [0], stable: true }));
      const position = positions.get(0);
      return {
        found: position === undefined ? undefined : decodeProgress(position.metadata),
        async write(events, progress) {
          const metadata = encodeProgress(progress);
          const timestamp = Date.now();
          try {
            await producer.commit({
              records: events.map((event) => recordOf(event, topic, timestamp)),
              offsets: { writer, position: { topic, partition: 0, offset: progress.next, metadata } },
            });
          } catch (error) {
            await throwIfFenced(producer, error, name);
            throw asRunError(error, name);
          }
        },
        close: () => cluster.closeLane(name),
      };
    },
    close: () => cluster.close(),
  };
}

function recordOf({ key, value }: GeneratedEvent, topic: string, timestamp: number): OutgoingRecord {
  return { topic, key, value, headers: [], timestamp };
}

function asRunError(error: unknown, transactionalId: string): PipelineError {
  return new PipelineError('TRANSACTION', `a transaction of ${transactionalId} failed: ${messageOf(error)}`, {
    cause: error,
    retriable: true,
  });
}

/** Opening the run again would take it away from whoever has taken it over: so that must be known for certain. */
async function throwIfFenced(producer: TransactionalProducer, error: unknown, id: string): Promise<void> {
  if (await producer.isFenced().catch(() => false)) {
    throw new PipelineError('FENCED', `another producer has taken over ${id}`, { cause: error });
  }
}
