import type { Collection } from 'mongodb';
import { HttpError } from '../../../shared/errors/index.ts';

/** A place in events_clean. */
export interface Place {
  partition: number;
  offset: number;
}

/** A summand of `events_per_minute`. */
export interface MinuteSummand {
  /** `YYYY-MM-DD hh:mm:ss`, UTC. */
  minute: string;
  event_type: string;
  category: string;
  /** Modulo 2^64, as text. */
  events: string;
}

/** An insert into ClickHouse: one token, one content, one shard. */
export type Declared = { token: string; shard: number } & (
  | { topicId: string; places: Place[] }
  | { minutes: MinuteSummand[] }
);

/** Who repairs. One at a time: two that mend the same loss would double it. */
export interface LeaseDocument {
  _id: 'repair';
  owner: string;
  /** Until then nobody else repairs, even if the owner is gone: a statement it has sent may still be running. */
  until: Date;
  /** The insert that is under way, or was when the owner vanished. */
  declared?: Declared;
}

export interface Lease {
  /** What the owner before has declared and left behind; it may take effect at any time from now on. */
  readonly left: Declared | undefined;
  /** Before every statement. @throws HttpError 409 when the lease has run out and may be another's. */
  renew(): Promise<void>;
  /**
   * Renews, and writes down in the same step which insert comes next, so that no insert is ever sent that the next
   * owner would not know of. @throws as `renew`.
   */
  declare(insert: Declared): Promise<void>;
  /** The declared insert was answered. */
  done(): Promise<void>;
  /** When nothing is under way any more. */
  release(): Promise<void>;
}

/** Longer than any statement of a repair may take, so that none of an owner that vanished is left behind. */
export const leaseMs = 180_000;
export const statementMs = 60_000;

/** @throws HttpError 409 while somebody else has it. */
export async function takeLease(
  leases: Collection<LeaseDocument>,
  { owner, now }: { owner: string; now: () => number },
): Promise<Lease> {
  const until = () => new Date(now() + leaseMs);
  const other = await leases.findOne({ _id: 'repair' });
  if (other === null) {
    try {
      await leases.insertOne({ _id: 'repair', owner, until: until() });
    } catch (error) {
      if ((error as { code?: unknown }).code === 11_000)
        throw busy(await leases.findOne({ _id: 'repair' }), now());
      throw error;
    }
  } else {
    if (other.until.getTime() > now()) throw busy(other, now());
    // As it was read: of two that find it expired, one takes it over; with it, what was declared.
    const { matchedCount } = await leases.updateOne(
      { _id: 'repair', owner: other.owner, until: other.until },
      { $set: { owner, until: until() } },
    );
    if (matchedCount !== 1) throw busy(await leases.findOne({ _id: 'repair' }), now());
  }
  let heldUntil = now() + leaseMs;

  async function extend(declared?: Declared): Promise<void> {
    const next = until();
    const { matchedCount } =
      now() < heldUntil
        ? await leases.updateOne(
            { _id: 'repair', owner },
            { $set: { until: next, ...(declared === undefined ? {} : { declared }) } },
          )
        : { matchedCount: 0 };
    if (matchedCount !== 1)
      throw new HttpError(409, 'the repair took too long and was given up; repair again');
    heldUntil = next.getTime();
  }

  return {
    left: other?.declared,
    renew: () => extend(),
    declare: (insert) => extend(insert),
    async done() {
      await leases.updateOne({ _id: 'repair', owner }, { $unset: { declared: '' } });
    },
    async release() {
      await leases.deleteOne({ _id: 'repair', owner });
    },
  };
}

function busy(other: LeaseDocument | null, nowMs: number): HttpError {
  const seconds = Math.max(1, Math.ceil(((other?.until.getTime() ?? nowMs) - nowMs) / 1000));
  return new HttpError(409, `another repair is under way, or was broken off; try again in ${seconds} s`, {
    retryAfterSeconds: seconds,
  });
}
