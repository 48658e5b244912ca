import type { Collection } from 'mongodb';
import type { z } from 'zod';
import type { ClickHouse } from '../../shared/clients/clickhouse/index.ts';
import type { Answer } from './answer.ts';
import type { EventDocument } from './lookups.ts';

export interface Dependencies {
  clickhouse: Pick<ClickHouse, 'shards'>;
  events: () => Collection<EventDocument>;
  now: () => number;
}

/** One question of the API: its address, its parameters, its answer. */
export interface Question {
  /** `{name}` stands for a part of the path that is a parameter. */
  path: string;
  summary: string;
  parameters: z.ZodObject;
  answer(given: never, context: AskContext): Promise<Answer>;
}

export interface AskContext {
  /** `property.<name>=<value>` filters of the request. */
  properties: [string, string][];
  signal: AbortSignal | undefined;
}

/** A question whose parameters are checked by its schema before it is asked. */
export function question<T extends z.ZodObject>(definition: {
  path: string;
  summary: string;
  parameters: T;
  answer(given: z.output<T>, context: AskContext): Promise<Answer>;
}): Question {
  return definition as unknown as Question;
}
