import type { produceV9 } from '@platformatic/kafka';
import { kafkaErrorId, kafkaErrorName, staleMetadataErrors } from './errors.ts';

/**
 * What became of a batch: written; not known, or not now, so that it is sent again; or refused, whatever is tried.
 */
export type ProduceOutcome = 'written' | 'again' | 'refused';

/** A broker may have appended the batch all the same: only an idempotent producer may answer these by a repetition. */
const passing: ReadonlySet<string> = new Set([
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'BROKER_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'CORRUPT_MESSAGE',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_CONTROLLER',
]);

/**
 * @param error Kafka's name of it, `NONE`, or undefined where nothing was answered.
 */
export function produceOutcome(error: string | undefined): ProduceOutcome {
  if (error === undefined) return 'again';
  // An earlier copy arrived whose answer was lost.
  if (error === 'NONE' || error === 'DUPLICATE_SEQUENCE_NUMBER') return 'written';
  return passing.has(error) || staleMetadataErrors.has(error) ? 'again' : 'refused';
}

/** Kafka's name of the error, or `NONE`, of each partition that an answer speaks of, by `<topic>/<partition>`. */
export function errorsByPartition(
  answer: Pick<produceV9.ProduceResponse, 'responses'>,
): ReadonlyMap<string, string> {
  const errors = new Map<string, string>();
  for (const { name, partitionResponses } of answer.responses) {
    for (const { index, errorCode } of partitionResponses) {
      errors.set(`${name}/${index}`, kafkaErrorName(errorCode));
    }
  }
  return errors;
}

/** The same of a request that was thrown: some of its partitions may have been answered, also as written. */
export function errorsOfFailure(error: unknown, partitions: Iterable<string>): ReadonlyMap<string, string> {
  const { response } = error as { response?: Partial<produceV9.ProduceResponse> };
  if (response?.responses !== undefined) return errorsByPartition({ responses: response.responses });
  const id = kafkaErrorId(error);
  return new Map(id === undefined ? [] : [...partitions].map((partition) => [partition, id]));
}
