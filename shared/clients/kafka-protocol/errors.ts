import { protocolErrorsCodesById } from '@platformatic/kafka';
import { PipelineError } from '../../errors/index.ts';

/**
 * Kafka's own name of an error that a broker answered (`ILLEGAL_GENERATION`, ...), or undefined when there was
 * no answer at all: a time-out, a closed connection. Only the second leaves open whether the request took effect.
 */
export function kafkaErrorId(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('apiId' in error && typeof error.apiId === 'string') return error.apiId;
  const inner = (error as { errors?: unknown }).errors;
  if (!Array.isArray(inner)) return undefined;
  for (const each of inner) {
    const id = kafkaErrorId(each);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Kafka's own name of an error by its number in the protocol; `NONE` for 0. */
export function kafkaErrorName(code: number): string {
  return (protocolErrorsCodesById as Record<number, string>)[code] ?? `UNKNOWN_ERROR_${code}`;
}

/**
 * A commit or transaction did not succeed, or may have: the partition must be taken over again.
 * `mayLandLate`: it got no answer and no producer fences it, so a copy may still take effect in this generation.
 */
export class PositionWriteError extends PipelineError {
  readonly mayLandLate: boolean;

  constructor(message: string, options: { cause: unknown; mayLandLate: boolean }) {
    super('POSITION_WRITE', message, { cause: options.cause, retriable: true });
    this.mayLandLate = options.mayLandLate;
  }
}

/** Errors that say that the client's view of leaders and topics is old. */
export const staleMetadataErrors: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'REPLICA_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
]);

/** Errors that say that a coordinator has moved or is not ready. */
export const movedCoordinatorErrors: ReadonlySet<string> = new Set([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
]);
