import type { Collection } from 'mongodb';
import { HttpError } from '../../../shared/errors/index.ts';

/** Who repairs. One at a time: two that mend the same loss would double it. */
export interface LeaseDocument {
  _id: 'repair';
  owner: string;
  /** Until then nobody else repairs, even if the owner is gone: a statement it has sent may still be running. */
  until: Date;
}

export interface Lease {
  /** Before every statement. @throws HttpError 409 when the lease has run out and may be another's. */
  renew(): Promise<void>;
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
  if (other !== null) {
    if (other.until.getTime() > now()) throw busy(other, now());
    // By its owner: of two that find it expired, one removes it and the other finds nothing to remove.
    await leases.deleteOne({ _id: 'repair', owner: other.owner });
  }
  try {
    await leases.insertOne({ _id: 'repair', owner, until: until() }, { writeConcern: { w: 'majority' } });
  } catch (error) {
    if ((error as { code?: unknown }).code === 11_000)
      throw busy(await leases.findOne({ _id: 'repair' }), now());
    throw error;
  }
  let heldUntil = now() + leaseMs;
  return {
    async renew() {
      const next = until();
      const { matchedCount } =
        now() < heldUntil
          ? await leases.updateOne({ _id: 'repair', owner }, { $set: { until: next } })
          : { matchedCount: 0 };
      if (matchedCount !== 1)
        throw new HttpError(409, 'the repair took too long and was given up; repair again');
      heldUntil = next.getTime();
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
