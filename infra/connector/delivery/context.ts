import type { Cluster, Topic } from '../../../shared/clients/kafka-protocol/cluster.ts';
import type { PositionLog } from '../../../shared/clients/kafka-protocol/position-log.ts';
import type { Logger } from '../../../shared/log/index.ts';
import type { ByteBudget } from '../call/byte-budget.ts';
import type { FunctionCaller } from '../call/function-caller.ts';
import type { Pace } from '../call/pace.ts';
import type { Subscription } from '../functions/subscription.ts';
import type { Feed } from '../kafka/feed.ts';
import type { Membership } from '../kafka/group-member.ts';
import type { ConnectorMetrics } from '../metrics.ts';
import type { OldRanges } from './old-ranges.ts';

/** What the worker of one partition works with. */
export interface WorkerContext {
  cluster: Cluster;
  clusterId: string;
  caller: FunctionCaller;
  subscription: Subscription;
  membership: Membership;
  /** Of the function's group. */
  positionLog: PositionLog;
  topic: Topic;
  partition: number;
  /** Connection lane of this partition, shared with nothing that could hold it up. */
  lane: string;
  feed: Feed;
  /** Bounds the bodies of all calls under way. */
  bodies: ByteBudget;
  /** Of all partitions that call this function. */
  pace: Pace;
  oldRanges: OldRanges;
  log: Logger;
  metrics: ConnectorMetrics;
  now: () => number;
  random: () => number;
}

/** The connector was told to stop, or the partition was given up; not an error. */
export class StoppedError extends Error {}
