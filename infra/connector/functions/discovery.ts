import type { FunctionStatus } from '../../../shared/clients/gateway/index.ts';
import { parseAnnotations } from './annotations.ts';
import type { Subscription } from './subscription.ts';

export interface Discovered {
  subscriptions: Map<string, Subscription>;
  /** What is wrong, by function; these are left out, the others run. */
  refused: Map<string, readonly string[]>;
}

/** Which functions are to be served and how, from what a gateway lists. */
export function discover(
  functions: readonly FunctionStatus[],
  options: { deadLetterTopic: string; start?: Subscription['start'] },
): Discovered {
  const subscriptions = new Map<string, Subscription>();
  const refused = new Map<string, readonly string[]>();
  const groups = new Map<string, string>();
  for (const { name, annotations } of [...functions].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const parsed = parseAnnotations(name, annotations ?? {}, options);
    if (!parsed) continue;
    if (parsed.problems) {
      refused.set(name, parsed.problems);
      continue;
    }
    const { group } = parsed.subscription;
    const other = groups.get(group);
    if (other !== undefined) {
      refused.set(name, [`kafka.group: ${group} is the group of function ${other} already`]);
      continue;
    }
    groups.set(group, name);
    subscriptions.set(name, parsed.subscription);
  }
  return { subscriptions, refused };
}

/** What has to be stopped and started to get from the running subscriptions to the wanted ones. */
export function changes(
  running: ReadonlyMap<string, Subscription>,
  wanted: ReadonlyMap<string, Subscription>,
): { stop: string[]; start: Subscription[] } {
  const same = (a: Subscription | undefined, b: Subscription) => JSON.stringify(a) === JSON.stringify(b);
  const stop = [...running].filter(([name, each]) => !same(wanted.get(name), each)).map(([name]) => name);
  const start = [...wanted.values()].filter((each) => !same(running.get(each.functionName), each));
  return { stop, start };
}
