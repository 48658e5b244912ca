import type { ConnectionOptions } from '@platformatic/kafka';
import { messageOf, PipelineError } from '../../errors/index.ts';
import type { Logger } from '../../log/index.ts';
import { createCluster } from '../kafka-protocol/cluster.ts';
import { createIdempotentProducer } from '../kafka-protocol/idempotent.ts';
import { type Flight, type OutgoingRecord, sortOut, takeFlight, type Waiting } from './flight.ts';

export interface AcknowledgedProducer {
  /**
   * Resolves when all in-sync brokers have acknowledged every record.
   *
   * @throws PipelineError `KAFKA_UNAVAILABLE` (retriable) when they have not within `ackTimeoutMs`: some or all of the
   * records may be in the topic all the same. `KAFKA_BUSY` (retriable) when too much waits already: none is.
   */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Waits for what was handed in, then ends the connections. */
  close(): Promise<void>;
}

export interface AcknowledgedProducerOptions {
  bootstrapServers: string;
  clientId: string;
  topic: string;
  log: Logger;
  /** TLS and SASL. */
  connectionOptions?: ConnectionOptions;
  /** Longer than the election of a new leader takes, shorter than callers wait. */
  ackTimeoutMs?: number;
  maxWaitingBytes?: number;
}

/**
 * An idempotent producer with one send at a time, which takes along whatever came in during the one before: records of
 * many small requests share a batch, and a failed partition concerns nobody but those who have records in it.
 */
export function createAcknowledgedProducer({
  bootstrapServers,
  clientId,
  topic,
  log,
  connectionOptions = {},
  ackTimeoutMs = 10_000,
  maxWaitingBytes = 64 * 1024 * 1024,
}: AcknowledgedProducerOptions): AcknowledgedProducer {
  // A broker that is frozen gives no answer: it is asked again, or its successor, a few times before it is too late.
  const requestTimeoutMs = Math.ceil(ackTimeoutMs / 4);
  const cluster = createCluster({
    bootstrapServers,
    clientId,
    connectionOptions: { ...connectionOptions, requestTimeout: requestTimeoutMs },
    metadataTimeoutMs: ackTimeoutMs / 10,
  });
  const producer = createIdempotentProducer({
    cluster,
    lane: 'produce',
    // The broker gives up first: then the connection is kept.
    requestTimeoutMs: Math.floor(ackTimeoutMs / 5),
  });
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let running = false;
  let run = Promise.resolve();
  let closed = false;

  async function write(flight: Flight): Promise<void> {
    const unacknowledged = await producer.send(flight.records, { timeoutMs: ackTimeoutMs });
    for (const { from, count, error } of sortOut(flight, unacknowledged)) {
      if (error === undefined) acknowledge(from, count);
      else from.settle(unavailable(error));
    }
    const [first] = unacknowledged;
    if (first !== undefined) log.warn({ err: first.error, topic }, 'records were not acknowledged');
  }

  async function writeWaiting(): Promise<void> {
    running = true;
    for (let flight = takeFlight(waiting, topic); flight; flight = takeFlight(waiting, topic)) {
      await write(flight);
    }
    running = false;
  }

  function acknowledge(from: Waiting, count: number): void {
    from.acknowledged += count;
    if (from.acknowledged === from.records.length) from.settle();
  }

  return {
    send(records) {
      if (records.length === 0) return Promise.resolve();
      if (closed) return Promise.reject(unavailable('the producer is closed'));
      const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
      if (waitingBytes > 0 && waitingBytes + bytes > maxWaitingBytes) {
        return Promise.reject(
          new PipelineError('KAFKA_BUSY', `${waitingBytes} bytes wait for Kafka already; repeat later`, {
            retriable: true,
          }),
        );
      }
      waitingBytes += bytes;
      return new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => entry.settle(unavailable(`no acknowledgement within ${ackTimeoutMs} ms`)),
          ackTimeoutMs,
        );
        const entry: Waiting = {
          records,
          taken: 0,
          acknowledged: 0,
          settled: false,
          settle(error) {
            if (entry.settled) return;
            entry.settled = true;
            clearTimeout(timer);
            waitingBytes -= bytes;
            if (error === undefined) resolve();
            else reject(error);
          },
        };
        waiting.push(entry);
        if (!running) run = writeWaiting();
      });
    },
    async close() {
      closed = true;
      await run;
      await cluster.close();
    },
  };
}

function unavailable(cause: unknown): PipelineError {
  return new PipelineError('KAFKA_UNAVAILABLE', `Kafka has not acknowledged: ${messageOf(cause)}`, {
    cause,
    retriable: true,
  });
}
