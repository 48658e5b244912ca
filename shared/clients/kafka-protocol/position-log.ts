import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../../errors/index.ts';
import type { Cluster, Topic } from './cluster.ts';
import { type FetchedPartition, fetchOnce } from './fetch-api.ts';
import { listOffsets } from './list-offsets.ts';
import { type Position, readPositions } from './offsets.ts';
import { decodePosition, partitionOfGroup } from './position-record.ts';
import { isAbortMarker, readBatchHeader, readRecords } from './record-batch.ts';
import type { FetchedRecord } from './records.ts';

/** Committed positions of one group. */
export interface PositionLog {
  /**
   * All that was committed until now. `stable` waits until no transaction on these partitions is open: what it answers is
   * final then, once the predecessor has been fenced. Partitions without a position are absent.
   */
  read(of: { topic: string; partitions: readonly number[]; stable: boolean }): Promise<Map<number, Position>>;
}

const POSITIONS_TOPIC = '__consumer_offsets';
const TRIES = 50;

interface Logged extends Position {
  /** Where it stands in the log of positions. */
  at: number;
}

interface State {
  topicUuid: string;
  /** The offset to go on from. */
  next: number;
  committed: Map<string, Logged>;
  /** By producer: what its open transaction would commit; undefined: that there is no position. */
  open: Map<bigint, Map<string, Logged | undefined>>;
}

/**
 * Reads positions where they are written, from Kafka's own topic of them, and not from what a group's coordinator has in
 * memory. A coordinator of Kafka 4.0 to 4.2 that is elected a second time while it still reads that topic, as happens after
 * a kill -9 on a busy machine, knows only a part of it, until the next restart if a transaction ends at the wrong moment
 * (CoordinatorRuntime: the end of the first load activates what the second is filling), and answers with no position or an
 * old one. Who believes it delivers again what was delivered.
 *
 * The topic is read once, and from then on what was added. Where it must not be read (no right to, or a form of record that
 * is newer than this), the coordinator is asked after all.
 */
export function createPositionLog({
  cluster,
  groupId,
  lane,
}: {
  cluster: Cluster;
  groupId: string;
  lane: string;
}): PositionLog {
  let state: State | undefined;
  let reading: Promise<unknown> = Promise.resolve();

  /** False where it must not be read. */
  async function catchUp(): Promise<boolean> {
    for (let tries = 1; ; ) {
      const topic = await positionsTopic();
      if (topic === 'denied') return false;
      if (state?.topicUuid !== topic.uuid) state = startAt(topic, 0);
      const partition = partitionOfGroup(groupId, topic.partitions.length);
      const answer = await fetch(topic, partition, state.next);
      if (answer.error === 'TOPIC_AUTHORIZATION_FAILED') return false;
      if (answer.error === 'OFFSET_OUT_OF_RANGE') {
        const start = await listOffsets(cluster, {
          topic: POSITIONS_TOPIC,
          partitions: [partition],
          at: 'earliest',
          lane,
        });
        state = startAt(topic, start.get(partition) ?? 0);
      } else if (answer.error === undefined) {
        const before = state.next;
        if (!apply(state, answer.bytes)) return false;
        if (state.next >= answer.highWatermark) return true;
        if (state.next > before) continue;
      } else {
        cluster.forgetTopics([POSITIONS_TOPIC]);
      }
      if (tries++ === TRIES)
        throw new PipelineError('POSITIONS', `${POSITIONS_TOPIC}-${partition}: ${answer.error ?? 'no end'}`, {
          retriable: true,
        });
      await delay(100);
    }
  }

  async function positionsTopic(): Promise<Topic | 'denied'> {
    for (let tries = 1; ; tries++) {
      try {
        const topic = await cluster.topic(POSITIONS_TOPIC);
        if (topic !== undefined) return topic;
        // Where no group ever was, Kafka makes it now. A broker that has just started may not have heard of it either.
        await cluster.coordinatorOf('group', groupId);
      } catch (error) {
        const { code } = error as PipelineError;
        if (code === 'TOPIC_DENIED') return 'denied';
        if (code !== 'NO_COORDINATOR') throw error;
      }
      if (tries === TRIES)
        throw new PipelineError('POSITIONS', `no broker tells of ${POSITIONS_TOPIC}`, { retriable: true });
      await delay(100);
    }
  }

  async function fetch(topic: Topic, partition: number, offset: number): Promise<FetchedPartition> {
    const connection = await cluster.connection(cluster.leaderOf(topic, partition), lane);
    const leaderEpoch = topic.partitions[partition]?.leaderEpoch ?? -1;
    const [answer] = await fetchOnce(connection, {
      isolation: 'uncommitted',
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 8_388_608,
      targets: [{ topicUuid: topic.uuid, partition, leaderEpoch, offset, maxBytes: 8_388_608 }],
    });
    if (answer === undefined) throw new PipelineError('POSITIONS', `no answer for ${POSITIONS_TOPIC}`);
    return answer;
  }

  /** False when a record is of an unknown form. */
  function apply(to: State, bytes: Buffer): boolean {
    for (let at = 0; ; ) {
      const header = readBatchHeader(bytes, at);
      if (header === undefined) return true;
      const { producerId } = header;
      if (header.control) {
        const ended = to.open.get(producerId);
        to.open.delete(producerId);
        if (ended !== undefined && !isAbortMarker(bytes, at)) {
          for (const [key, position] of ended) commit(to.committed, key, position);
        }
      } else {
        const records: FetchedRecord[] = [];
        readRecords(bytes, at, to.next, records);
        for (const record of records) {
          const found = decodePosition(record);
          if (found === 'unknown') return false;
          if (found?.groupId !== groupId) continue;
          const key = `${found.topic}/${found.partition}`;
          const position = found.position && { ...found.position, at: record.offset };
          if (!header.transactional) {
            commit(to.committed, key, position);
            continue;
          }
          const open = to.open.get(producerId) ?? new Map();
          to.open.set(producerId, open);
          open.set(key, position);
        }
      }
      to.next = header.lastOffset + 1;
      at = header.end;
    }
  }

  /** One after the other: each sees what was committed before it was asked for. */
  function caughtUp(): Promise<boolean> {
    const result = reading.then(catchUp);
    reading = result.catch(() => {});
    return result;
  }

  return {
    async read({ topic, partitions, stable }) {
      const keys = partitions.map((partition) => `${topic}/${partition}`);
      for (let tries = 1; ; tries++) {
        if (!(await caughtUp()) || state === undefined) {
          return readPositions(cluster, { groupId, topic, partitions: [...partitions], stable, lane });
        }
        const { committed, open } = state;
        if (!stable || ![...open.values()].some((each) => keys.some((key) => each.has(key)))) {
          const found = new Map<number, Position>();
          for (const partition of partitions) {
            const position = committed.get(`${topic}/${partition}`);
            if (position) found.set(partition, { offset: position.offset, metadata: position.metadata });
          }
          return found;
        }
        if (tries > 2000)
          throw new PipelineError('POSITIONS', `A transaction on ${keys} does not end`, { retriable: true });
        await delay(50);
      }
    },
  };
}

const startAt = (topic: Topic, next: number): State => ({
  topicUuid: topic.uuid,
  next,
  committed: new Map(),
  open: new Map(),
});

/** As the coordinator does it: what stands later in the log counts, whenever its transaction ended. */
function commit(committed: Map<string, Logged>, key: string, position: Logged | undefined): void {
  if (position === undefined) committed.delete(key);
  else if ((committed.get(key)?.at ?? -1) < position.at) committed.set(key, position);
}
