import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { AcknowledgedProducer } from '../../../shared/clients/kafka/index.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';
import { fromRecord, type QueuedCall, toRecord } from './envelope.ts';
import { createProgress, type Progress } from './progress.ts';
import type { Worker } from './worker.ts';

export interface AsyncQueueOptions {
  kafka: Kafka;
  producer: AcknowledgedProducer;
  topic: string;
  groupId: string;
  work: Worker;
  log: Logger;
  /** Calls under way at once; at twice as many no more are fetched. */
  concurrency?: number;
}

/**
 * Queued calls, in a Kafka topic: what was accepted is made at least once, across crashes of the gateway. Calls of
 * one partition end in any order; the position stands at the first that is not done, and its metadata names those
 * above it that are.
 */
export interface AsyncQueue {
  /** Resolves when Kafka has the call. @throws PipelineError (retriable) when it has not. */
  enqueue(call: QueuedCall): Promise<void>;
  /** Begins to make queued calls, as soon as Kafka and the topic are there. */
  start(): void;
  /** Calls that wait or are under way; undefined while Kafka does not answer. */
  depth(): Promise<number | undefined>;
  /** Begins no more calls; those under way go on. */
  stopTaking(): void;
  /** Calls still under way are broken off, and made anew by the next gateway. */
  close(): Promise<void>;
}

const commitEveryMs = 500;

type Partition = {
  progress: Progress;
  /** Offsets of calls under way. */
  taken: Set<number>;
};

export function createAsyncQueue(options: AsyncQueueOptions): AsyncQueue {
  const { kafka, producer, topic, groupId, work, log, concurrency = 32 } = options;
  const admin = kafka.admin();
  let adminConnected: Promise<void> | undefined;
  const partitions = new Map<number, Partition>();
  const stopping = new AbortController();
  const committed = new Map<number, string>();
  let underWay = 0;
  const turns: (() => void)[] = [];
  let consumer: Consumer | undefined;
  let taking = true;
  let closed = false;
  let running: Promise<void> = Promise.resolve();
  let commits: NodeJS.Timeout | undefined;

  async function connectAdmin(): Promise<void> {
    adminConnected ??= admin.connect();
    adminConnected.catch(() => {
      adminConnected = undefined;
    });
    await adminConnected;
  }

  /** Where each partition stands, with what is done above that. What this process knows already is newer. */
  async function readPositions(): Promise<void> {
    const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
    for (const { partition, low } of await admin.fetchTopicOffsets(topic)) {
      if (partitions.has(partition)) continue;
      const saved = answer?.partitions.find((p) => p.partition === partition);
      const offset = Number(saved?.offset ?? -1);
      const start = Math.max(offset, Number(low));
      const progress = createProgress(start, offset === start ? (saved?.metadata ?? '') : '');
      partitions.set(partition, { progress, taken: new Set() });
    }
  }

  async function take({ batch, heartbeat }: EachBatchPayload): Promise<void> {
    const partition = partitions.get(batch.partition);
    if (partition === undefined) throw new Error(`partition ${batch.partition} of ${topic} is new`);
    const { progress, taken } = partition;
    const { signal } = stopping;
    for (const message of batch.messages) {
      const offset = Number(message.offset);
      // After it has joined anew, the consumer reads again from what was committed.
      if (progress.isDone(offset) || taken.has(offset)) continue;
      while (underWay >= concurrency && taking) {
        await Promise.race([new Promise<void>((free) => turns.push(free)), delay(1000)]);
        await heartbeat();
      }
      if (!taking) return;
      underWay++;
      taken.add(offset);
      run(message, signal)
        .then(() => progress.done(offset))
        .catch((error) => {
          if (!signal.aborted) log.error({ err: error, topic, offset }, 'a queued call could not be handled');
        })
        .finally(() => {
          taken.delete(offset);
          underWay--;
          turns.shift()?.();
        });
    }
  }

  async function run(
    message: EachBatchPayload['batch']['messages'][number],
    signal: AbortSignal,
  ): Promise<void> {
    let call: QueuedCall;
    try {
      call = fromRecord(message);
    } catch (error) {
      log.error({ err: error, topic, offset: message.offset }, 'a record of the queue is left out');
      return;
    }
    await work(call, signal);
  }

  async function commit(): Promise<void> {
    if (consumer === undefined) return;
    const changed = [...partitions].flatMap(([partition, { progress }]) => {
      const metadata = progress.metadata();
      const text = `${progress.position}/${metadata}`;
      if (committed.get(partition) === text) return [];
      return [{ topic, partition, offset: String(progress.position), metadata, text }];
    });
    if (changed.length === 0) return;
    await consumer.commitOffsets(changed.map(({ text: _, ...position }) => position));
    for (const { partition, text } of changed) committed.set(partition, text);
  }

  async function consume(): Promise<void> {
    while (!closed) {
      try {
        await consumeOnce();
        return;
      } catch (error) {
        log.debug({ err: error }, `queued calls wait: ${messageOf(error)}`);
        await consumer?.disconnect().catch(() => {});
        consumer = undefined;
        await delay(2000, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  async function consumeOnce(): Promise<void> {
    await connectAdmin();
    const topics = await admin.listTopics();
    if (!topics.includes(topic)) throw new Error(`topic ${topic} does not exist`);
    const joined = kafka.consumer({
      groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 2000,
      maxWaitTimeInMs: 1000,
      allowAutoTopicCreation: false,
      retry: { retries: 5, restartOnFailure: async () => !closed },
    });
    consumer = joined;
    await joined.connect();
    await joined.subscribe({ topic, fromBeginning: true });
    await readPositions();
    await joined.run({ autoCommit: false, eachBatchAutoResolve: true, eachBatch: take });
    commits = setInterval(() => {
      commit().catch((error) =>
        log.warn({ err: error }, 'positions of the queue were not committed; they will be'),
      );
    }, commitEveryMs);
  }

  return {
    enqueue: async (call) => {
      await producer.send([{ ...toRecord(call), timestampMs: call.acceptedAtMs }]);
    },
    start: () => {
      running = consume();
    },
    depth: async () => {
      try {
        await connectAdmin();
        const ends = await admin.fetchTopicOffsets(topic);
        return ends.reduce((sum, { partition, high }) => {
          const position = partitions.get(partition)?.progress.position;
          return sum + (position === undefined ? 0 : Math.max(0, Number(high) - position));
        }, 0);
      } catch {
        return undefined;
      }
    },
    stopTaking: () => {
      taking = false;
    },
    close: async () => {
      taking = false;
      closed = true;
      clearInterval(commits);
      await commit().catch(() => {});
      stopping.abort();
      await consumer?.disconnect().catch(() => {});
      await running.catch(() => {});
      await adminConnected?.then(() => admin.disconnect()).catch(() => {});
      await producer.close();
    },
  };
}
