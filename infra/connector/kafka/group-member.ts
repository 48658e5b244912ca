import { setTimeout as delay } from 'node:timers/promises';
import { heartbeatV4, joinGroupV9, leaveGroupV5, syncGroupV5 } from '@platformatic/kafka';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { kafkaErrorId } from '../../../shared/clients/kafka-protocol/errors.ts';
import type { PositionWriter } from '../../../shared/clients/kafka-protocol/offsets.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';
import { assignPartitions, type Slot } from './assignor.ts';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './group-protocol.ts';
import { NotMemberError } from './not-member.ts';

type JoinGroupResponse = joinGroupV9.JoinGroupResponse;

/**
 * Being a member in one generation. Every position written carries this value, never whatever generation the
 * process has later, so that a late write of an earlier generation is refused by the broker.
 */
export interface Membership extends PositionWriter {
  readonly leader: boolean;
  /**
   * Asks the broker now, with a heartbeat that is really sent.
   * @throws NotMemberError when this generation is over.
   */
  confirm(): Promise<void>;
  /** Asks for a new generation, which refuses every write of this one that is still under way. */
  renew(reason: string): void;
}

export interface GroupMemberOptions {
  cluster: Cluster;
  groupId: string;
  topics: readonly string[];
  /** Static membership: a restart with the same name takes its partitions back at once. */
  instanceId?: string | undefined;
  sessionTimeoutMs?: number;
  rebalanceTimeoutMs?: number;
  heartbeatIntervalMs?: number;
  /** How often the leader looks for new partitions. */
  topicsIntervalMs?: number;
  log: Logger;
  /** Done before the first join; a failure is tried again. */
  beforeFirstJoin?(): Promise<void>;
  /** Starts work; must not throw. */
  onAssigned(membership: Membership, slots: Slot[], topics: ReadonlyMap<string, number>): Promise<void>;
  /** Ends work before the group is joined again. `lost`: the generation is over, nothing can be written. */
  onRevoked(reason: 'rebalance' | 'lost' | 'closing'): Promise<void>;
  /** Another process uses the same instance id. */
  onFenced(): void;
}

export interface GroupMember {
  /** Finishes work, leaves the group. */
  close(): Promise<void>;
  /** When the broker last answered a heartbeat or join, milliseconds. */
  lastContactMs(): number;
  generation(): number;
}

const PROTOCOL_TYPE = 'consumer';
const PROTOCOL_NAME = 'connector-sticky';
const goneErrors = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS',
]);

type End = 'rebalance' | 'lost' | 'closing';

/** Joins a group, keeps its place by heartbeats, and joins again whenever the group changes. */
export function createGroupMember(options: GroupMemberOptions): GroupMember {
  const { cluster, groupId, log } = options;
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 10_000;
  const rebalanceTimeoutMs = options.rebalanceTimeoutMs ?? 30_000;
  // Also how soon a rebalance is noticed: a long session must not make the others wait.
  const heartbeatIntervalMs = options.heartbeatIntervalMs ?? Math.min(3000, Math.floor(sessionTimeoutMs / 4));
  const topicsIntervalMs = options.topicsIntervalMs ?? 5000;
  const instanceId = options.instanceId ?? null;
  const lane = `group/${groupId}`;

  let memberId = '';
  let owned: Slot[] = [];
  let generation = -1;
  let nonce = 0;
  let closing = false;
  let lastContactMs = 0;
  let current: Membership | undefined;
  let endCurrent: (end: End) => void = () => {};
  const wake = new AbortController();

  const pause = (ms: number) => delay(ms, undefined, { signal: wake.signal }).catch(() => {});

  async function join(): Promise<JoinGroupResponse> {
    for (;;) {
      if (closing) throw new NotMemberError(groupId, 'closing');
      const metadata = encodeSubscription({ topics: [...options.topics], owned, generation, nonce });
      try {
        return await cluster.callCoordinator(
          'group',
          groupId,
          `${lane}/join`,
          joinGroupV9.api,
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId,
          instanceId,
          PROTOCOL_TYPE,
          [{ name: PROTOCOL_NAME, metadata }],
          null,
        );
      } catch (error) {
        const id = kafkaErrorId(error);
        if (id === 'MEMBER_ID_REQUIRED') {
          memberId = (error as { response: JoinGroupResponse }).response.memberId;
        } else if (id === 'UNKNOWN_MEMBER_ID') {
          memberId = '';
        } else {
          throw error;
        }
      }
    }
  }

  async function countPartitions(): Promise<Map<string, number>> {
    const topics = await cluster.readTopics(options.topics);
    return new Map([...topics].map(([name, topic]) => [name, topic.partitions.length]));
  }

  async function joinAndSync(): Promise<{
    membership: Membership;
    slots: Slot[];
    counts: ReadonlyMap<string, number>;
  }> {
    const joined = await join();
    memberId = joined.memberId;
    const leader = joined.leader === memberId;
    const counts = await countPartitions();
    const assignments =
      leader && !joined.skipAssignment
        ? assignPartitions(
            joined.members.map((m) => ({ memberId: m.memberId, ...decodeSubscription(m.metadata) })),
            counts,
          )
        : new Map<string, Slot[]>();
    const synced = await cluster.callCoordinator(
      'group',
      groupId,
      `${lane}/join`,
      syncGroupV5.api,
      groupId,
      joined.generationId,
      memberId,
      instanceId,
      PROTOCOL_TYPE,
      PROTOCOL_NAME,
      [...assignments].map(([id, slots]) => ({ memberId: id, assignment: encodeAssignment(slots) })),
    );
    const slots = decodeAssignment(synced.assignment);
    generation = joined.generationId;
    owned = slots;
    lastContactMs = Date.now();
    const membership: Membership = {
      groupId,
      memberId,
      generation,
      instanceId,
      leader,
      confirm: () => beat(membership),
      renew(reason) {
        if (current !== membership) return;
        log.warn(
          { group: groupId, generation: membership.generation, reason },
          'asking for a new generation',
        );
        nonce++;
        endCurrent('lost');
      },
    };
    return { membership, slots, counts };
  }

  async function beat(membership: Membership): Promise<void> {
    if (current !== membership) throw new NotMemberError(groupId, 'a newer generation has begun');
    try {
      await cluster.callCoordinator(
        'group',
        groupId,
        `${lane}/heartbeat`,
        heartbeatV4.api,
        groupId,
        membership.generation,
        membership.memberId,
        membership.instanceId,
      );
      lastContactMs = Date.now();
    } catch (error) {
      const id = kafkaErrorId(error);
      if (id === undefined || !goneErrors.has(id)) throw error;
      lastContactMs = Date.now();
      if (current === membership) ended(id);
      throw new NotMemberError(groupId, id);
    }
  }

  function ended(errorId: string): void {
    if (errorId === 'REBALANCE_IN_PROGRESS') {
      endCurrent('rebalance');
      return;
    }
    if (errorId === 'FENCED_INSTANCE_ID') {
      log.error({ group: groupId, instanceId }, 'another connector runs with the same instance id');
      options.onFenced();
    }
    if (errorId !== 'ILLEGAL_GENERATION') memberId = '';
    endCurrent('lost');
  }

  /** Beats until the generation ends; goes on beating while work is being finished. */
  async function stay(membership: Membership, counts: ReadonlyMap<string, number>): Promise<End> {
    let end: End | undefined;
    const stopped = new AbortController();
    const over = new Promise<void>((resolve) => {
      endCurrent = (given) => {
        if (end === undefined || given === 'lost') end = given;
        resolve();
      };
    });
    if (closing) endCurrent('closing');
    let nextTopics = Date.now() + topicsIntervalMs;
    const beating = (async () => {
      while (!stopped.signal.aborted) {
        await delay(heartbeatIntervalMs, undefined, { signal: stopped.signal }).catch(() => {});
        if (stopped.signal.aborted) return;
        try {
          await beat(membership);
          if (membership.leader && end === undefined && Date.now() >= nextTopics) {
            nextTopics = Date.now() + topicsIntervalMs;
            if (changed(counts, await countPartitions())) {
              log.info({ group: groupId }, 'partitions of the topics have changed');
              nonce++;
              endCurrent('rebalance');
            }
          }
        } catch (error) {
          if (!(error instanceof NotMemberError)) {
            log.warn({ group: groupId, err: messageOf(error) }, 'heartbeat got no answer');
          }
        }
      }
    })();
    await over;
    await options.onRevoked(end ?? 'lost');
    stopped.abort();
    await beating;
    return end ?? 'lost';
  }

  async function run(): Promise<void> {
    let failures = 0;
    let prepared = false;
    while (!closing) {
      try {
        if (!prepared) await options.beforeFirstJoin?.();
        prepared = true;
        const { membership, slots, counts } = await joinAndSync();
        failures = 0;
        current = membership;
        log.info(
          {
            group: groupId,
            generation: membership.generation,
            leader: membership.leader,
            partitions: slots.map((s) => `${s.topic}-${s.partition}`).sort(),
          },
          'partitions assigned',
        );
        const staying = stay(membership, counts);
        await options.onAssigned(membership, slots, counts);
        await staying;
        current = undefined;
      } catch (error) {
        current = undefined;
        if (closing) return;
        const id = kafkaErrorId(error);
        if (id === 'REBALANCE_IN_PROGRESS') continue;
        if (id === 'FENCED_INSTANCE_ID') ended(id);
        if (id === 'INCONSISTENT_GROUP_PROTOCOL') {
          log.error(
            { group: groupId },
            'the group is used by another kind of consumer; choose another kafka.group',
          );
        } else {
          log.warn({ group: groupId, err: messageOf(error) }, 'cannot join the group, trying again');
        }
        await pause(Math.min(100 * 2 ** failures++, 3000));
      }
    }
  }

  async function leave(): Promise<void> {
    if (memberId === '') return;
    try {
      await cluster.callCoordinator('group', groupId, `${lane}/heartbeat`, leaveGroupV5.api, groupId, [
        { memberId, groupInstanceId: instanceId, reason: 'the connector stops' },
      ]);
      memberId = '';
    } catch (error) {
      log.warn(
        { group: groupId, err: messageOf(error) },
        'could not leave the group; its session will time out',
      );
    }
  }

  const running = run();
  return {
    lastContactMs: () => lastContactMs,
    generation: () => current?.generation ?? -1,
    async close() {
      closing = true;
      endCurrent('closing');
      wake.abort();
      if (current === undefined) {
        // A join may be waiting at the broker; nothing has been assigned yet, so it can be cut off.
        await leave();
        await cluster.closeLane(`${lane}/join`);
      }
      await running;
      await leave();
      await Promise.all([cluster.closeLane(`${lane}/join`), cluster.closeLane(`${lane}/heartbeat`)]);
    },
  };
}

function changed(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
  return [...now].some(([topic, count]) => (before.get(topic) ?? 0) !== count);
}
