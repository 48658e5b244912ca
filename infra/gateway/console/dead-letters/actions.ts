import { z } from 'zod';
import type { Cluster } from '../../../../shared/clients/kafka-protocol/cluster.ts';
import { HttpError, messageOf } from '../../../../shared/errors/index.ts';
import { discover } from '../../../connector/functions/discovery.ts';
import { listLetters, purge, redrive } from '../../../connector/redrive/redrive.ts';
import { type Selection, summarise } from '../../../connector/redrive/select.ts';
import type { DeployedFunction } from '../../provider/deployed-function.ts';
import { read } from '../../provider/deployment.ts';
import type { Search } from './reader.ts';

const text = z.string().min(1).max(2000).optional();
const time = z.number().int().min(0).optional();

const schema = z
  .strictObject({
    functionName: text,
    reason: text,
    key: text,
    sinceMs: time,
    untilMs: time,
    // `false` would be nothing chosen, which means all of them.
    all: z.literal(true).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'say which ones, or all: true');

/** Which dead letters a request means. @throws HttpError 400 */
export function readSelection(body: unknown): Selection {
  const { all: _, ...selection } = read(schema, body);
  return selection;
}

const searchSchema = z.strictObject({
  functionName: text,
  reason: text,
  sinceMs: z.coerce.number().int().min(0).optional(),
  offsets: z.coerce.number().int().min(1).max(500_000).default(5000),
});

/** Which dead letters are looked for, from the query of an address. @throws HttpError 400 */
export function readSearch(parameters: URLSearchParams): Search {
  const { offsets, ...selection } = read(searchSchema, Object.fromEntries(parameters));
  return { selection, offsets };
}

export interface DeadLetterActions {
  /** What a selection means; changes nothing. `untilMs` bounds it to what was seen. */
  preview(selection: Selection): Promise<{
    count: number;
    groups: { functionName: string; reason: string; count: number }[];
    untilMs: number;
  }>;
  /** `left`: letters of functions that are not deployed, which are left alone. */
  redrive(selection: Selection): Promise<{ sent: number; left: number }>;
  purge(selection: Selection): Promise<{ purged: number }>;
}

/** Redriving and purging as the connector's command does it, for the functions of this gateway. */
export function createDeadLetterActions({
  openCluster,
  topic,
  functions,
  now = Date.now,
}: {
  openCluster: () => Cluster;
  topic: string;
  functions: () => readonly DeployedFunction[];
  now?: () => number;
}): DeadLetterActions {
  /** A cluster of its own each time: these are rare, and end with everything they opened. */
  async function working<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
    const cluster = openCluster();
    try {
      return await work(cluster);
    } catch (error) {
      throw new HttpError(503, `the dead letters cannot be worked on: ${messageOf(error)}`, { cause: error });
    } finally {
      await cluster.close();
    }
  }

  return {
    preview: (selection) =>
      working(async (cluster) => {
        const untilMs = Math.min(selection.untilMs ?? Number.POSITIVE_INFINITY, now());
        const bounded = { ...selection, untilMs };
        const letters = await listLetters({ cluster, deadLetterTopic: topic, selection: bounded, now });
        return { count: letters.length, groups: summarise(letters).slice(0, 20), untilMs };
      }),
    redrive: (selection) =>
      working(async (cluster) => {
        const listed = functions().map(({ deployment, desired, available }) => ({
          name: deployment.service,
          replicas: desired,
          availableReplicas: available,
          annotations: deployment.annotations ?? {},
        }));
        const { subscriptions } = discover(listed, { deadLetterTopic: topic });
        const work = { cluster, deadLetterTopic: topic, selection, now };
        const { sent, skipped } = await redrive(work, (name) => subscriptions.get(name)?.retryTopic);
        return { sent: sent.length, left: skipped.length };
      }),
    purge: (selection) =>
      working(async (cluster) => {
        const purged = await purge({ cluster, deadLetterTopic: topic, selection, now });
        return { purged: purged.length };
      }),
  };
}
