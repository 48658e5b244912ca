import { setTimeout as delay } from 'node:timers/promises';
import type { IHeaders, Message, Producer } from 'kafkajs';
import { messageOf, PipelineError } from '../../errors/index.ts';
import type { Logger } from '../../log/index.ts';
import { compareAcknowledged } from './acknowledged.ts';
import { createKafka } from './kafka.ts';
import { partitionOf } from './partition.ts';

export interface OutgoingRecord {
  key: Buffer;
  value: Buffer;
  /** Milliseconds since 1970: the record's Kafka time. */
  timestampMs: number;
  headers?: IHeaders | undefined;
}

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
  /** Longer than the election of a new leader takes, shorter than callers wait. */
  ackTimeoutMs?: number;
  maxWaitingBytes?: number;
}

/**
 * kafkajs sorts the records of a send into partitions in quadratic time, and the broker refuses a batch above 1 MiB;
 * as one send's records may all belong to one partition, these bound the send.
 */
const sendRecords = 1000;
const sendBytes = 900_000;

type Waiting = {
  records: readonly OutgoingRecord[];
  /** How many were handed to a send, and how many of these were acknowledged. */
  taken: number;
  acknowledged: number;
  settled: boolean;
  settle(error?: Error): void;
};

/**
 * An idempotent producer with one send at a time, which takes along whatever came in during the one before: records of
 * many small requests share a batch, and a failed send concerns nobody but those who were in it.
 *
 * After a send that failed the producer is thrown away. It might not know that its records were written after all, give
 * the next ones the same sequence numbers, and the broker would take those for a repetition: acknowledged, and lost.
 */
export function createAcknowledgedProducer({
  bootstrapServers,
  clientId,
  topic,
  log,
  ackTimeoutMs = 10_000,
  maxWaitingBytes = 64 * 1024 * 1024,
}: AcknowledgedProducerOptions): AcknowledgedProducer {
  const kafka = createKafka({
    bootstrapServers,
    clientId,
    log,
    requestTimeoutMs: ackTimeoutMs / 2,
    retry: { initialRetryTime: 20, multiplier: 2, maxRetryTime: 500, retries: Math.ceil(ackTimeoutMs / 500) },
  });
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let connected: Promise<Producer> | undefined;
  let running = false;
  let run = Promise.resolve();
  let closed = false;

  async function connect(): Promise<Producer> {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      createPartitioner: () => choosePartition,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      discard(producer);
      throw error;
    }
  }

  /** Its sends may still be trying, and connect again; when they have given up, what they opened is closed too. */
  function discard(producer: Producer, lastSend: Promise<unknown> = Promise.resolve()): void {
    connected = undefined;
    const disconnect = () => producer.disconnect().catch(() => {});
    void disconnect().then(() => lastSend.then(disconnect, disconnect));
  }

  async function write(messages: Message[]): Promise<void> {
    const deadline = new AbortController();
    const late = delay(ackTimeoutMs, undefined, { signal: deadline.signal }).then(
      () => Promise.reject(new Error(`no acknowledgement within ${ackTimeoutMs} ms`)),
      () => new Promise<never>(() => {}),
    );
    try {
      connected ??= connect();
      const connecting = connected;
      connecting.catch(() => {
        if (connected === connecting) connected = undefined;
      });
      const producer = await Promise.race([connecting, late]);
      const sending = producer.send({ topic, messages, acks: -1, timeout: ackTimeoutMs / 2 });
      try {
        const answers = await Promise.race([sending, late]);
        const { missing, twice } = compareAcknowledged(
          messages.map((message) => message.partition as number),
          answers,
        );
        if (missing.length > 0)
          throw new Error(`no acknowledgement for partitions ${missing.join(', ')} of ${topic}`);
        if (twice.length > 0) {
          log.warn(
            { topic, partitions: twice },
            'a leader moved during a send: its records are in the topic twice',
          );
        }
      } catch (error) {
        discard(producer, sending);
        throw error;
      }
    } finally {
      deadline.abort();
    }
  }

  async function writeWaiting(): Promise<void> {
    running = true;
    for (let flight = takeFlight(waiting); flight.length > 0; flight = takeFlight(waiting)) {
      try {
        await write(flight.flatMap(({ records }) => records.map(messageFor)));
        for (const { from, records } of flight) acknowledge(from, records.length);
      } catch (error) {
        log.warn({ err: error, topic }, 'records were not acknowledged');
        for (const { from } of flight) {
          from.settle(unavailable(error));
        }
      }
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
      const producer = await connected?.catch(() => undefined);
      connected = undefined;
      await producer?.disconnect();
    },
  };
}

type Share = { from: Waiting; records: readonly OutgoingRecord[] };

/** Takes the records of one send off the queue; what has settled meanwhile (too late, or failed in part) is dropped. */
function takeFlight(waiting: Waiting[]): Share[] {
  const flight: Share[] = [];
  let count = 0;
  let bytes = 0;
  for (let entry = waiting[0]; entry !== undefined; entry = waiting[0]) {
    const start = entry.taken;
    while (!entry.settled && entry.taken < entry.records.length) {
      const size = (entry.records[entry.taken] as OutgoingRecord).value.length;
      if (count > 0 && (count >= sendRecords || bytes + size > sendBytes)) break;
      entry.taken += 1;
      count += 1;
      bytes += size;
    }
    if (entry.taken > start) flight.push({ from: entry, records: entry.records.slice(start, entry.taken) });
    if (!entry.settled && entry.taken < entry.records.length) break;
    waiting.shift();
  }
  return flight;
}

function messageFor({ key, value, timestampMs, headers }: OutgoingRecord): Message {
  const message: Message = { key, value, timestamp: String(timestampMs) };
  if (headers !== undefined) message.headers = headers;
  return message;
}

/** The same partition at every try of a send, also when partitions were added in between. */
function choosePartition({
  message,
  partitionMetadata,
}: {
  message: Message;
  partitionMetadata: unknown[];
}): number {
  message.partition ??= partitionOf(message.key as Buffer, partitionMetadata.length);
  return message.partition;
}

function unavailable(cause: unknown): PipelineError {
  return new PipelineError('KAFKA_UNAVAILABLE', `Kafka has not acknowledged: ${messageOf(cause)}`, {
    cause,
    retriable: true,
  });
}
