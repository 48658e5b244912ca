import { exampleUserId, type Person, userIdOf } from './people.ts';
import { createRandom } from './random.ts';
import { createZipf } from './zipf.ts';

export interface Session {
  /** User id as decimal text. */
  key: Buffer;
  /** What its events have in common, as JSON: `"user_id":…,"session_id":…,"country":…,"ip":…,"user_agent":…`. */
  fields: Buffer;
}

export function createSession(id: string, userId: number, { country, ip, userAgent }: Person): Session {
  const fields = JSON.stringify({ user_id: userId, session_id: id, country, ip, user_agent: userAgent });
  return { key: Buffer.from(String(userId)), fields: Buffer.from(fields.slice(1, -1)) };
}

/**
 * Which session an event belongs to. Sessions run in `slots` lanes side by side: event i is a step of lane i mod slots,
 * and each lane is one session after another, in blocks of 32 steps that follow from seed, lane and block alone.
 * So events of a session are in order, and a run can go on at any index.
 */
export function createSessions({
  seed,
  tag,
  users,
  slots,
  personOf,
}: {
  seed: number;
  /** Makes the ids of one run's sessions differ from another's. */
  tag: string;
  users: number;
  slots: number;
  personOf: (userId: number) => Person;
}): (index: number) => Session {
  const random = createRandom();
  const rank = createZipf(users);
  const lanes: { block: number; steps: Session[] }[] = [];

  function blockOf(lane: number, block: number): Session[] {
    random.reset(seed, lane, block, 0x5e55);
    const steps: Session[] = [];
    for (let number = 0; steps.length < blockSteps; number++) {
      const length = sessionLength(random.unit());
      const example = lane === 0 && number === 0;
      const userId = example ? exampleUserId : userIdOf(rank(random.unit));
      const session = createSession(`s-${tag}-${lane}.${block}.${number}`, userId, personOf(userId));
      for (let i = 0; i < length && steps.length < blockSteps; i++) steps.push(session);
    }
    return steps;
  }

  return (index) => {
    const lane = index % slots;
    const step = Math.floor(index / slots);
    const block = Math.floor(step / blockSteps);
    let current = lanes[lane];
    if (current === undefined || current.block !== block) {
      current = { block, steps: blockOf(lane, block) };
      lanes[lane] = current;
    }
    return current.steps[step % blockSteps] as Session;
  };
}

const blockSteps = 32;

/** Most visits are short, a few are long: geometric with a mean of about seven events. */
function sessionLength(unit: number): number {
  return 1 + Math.floor(Math.log(1 - unit) / Math.log(1 - 1 / 7));
}
