import type mongoose from 'mongoose';
import { isDuplicateKey } from './faults.ts';
import type { Store } from './store.ts';

/** Who may do something that one process is to do at a time, and until when. */
export interface LeaseRecord {
  readonly _id: string;
  readonly owner: string;
  /** By the server's clock, so that those of different machines do not matter. */
  readonly until: Date;
}

type Leases = mongoose.Collection<LeaseRecord>;

interface Claim {
  readonly id: string;
  readonly owner: string;
  readonly leaseMs: number;
}

/** Of work that is to be shared out among workers. */
export function workLeases(store: Store): Leases {
  return store.connection.collection<LeaseRecord>('leases');
}

/** Takes the lease if nobody has it, or if who has it has not renewed it in time. */
export async function claimLease(leases: Leases, { id, owner, leaseMs }: Claim): Promise<boolean> {
  const isFree = { $lt: [{ $ifNull: ['$until', new Date(0)] }, '$$NOW'] };
  const mine = { $or: [isFree, { $eq: ['$owner', owner] }] };
  const taken = {
    owner: { $cond: [mine, owner, '$owner'] },
    until: { $cond: [mine, { $add: ['$$NOW', leaseMs] }, '$until'] },
  };
  try {
    const lease = await leases.findOneAndUpdate({ _id: id }, [{ $set: taken }], {
      upsert: true,
      returnDocument: 'after',
    });
    return lease?.owner === owner;
  } catch (error) {
    // Two found it free, and the other was faster.
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Prolongs a lease that is the owner's; false when it is not any more. */
export async function renewLease(leases: Leases, { id, owner, leaseMs }: Claim): Promise<boolean> {
  const until = { $add: ['$$NOW', leaseMs] };
  const renewed = await leases.updateOne({ _id: id, owner }, [{ $set: { until } }]);
  return renewed.matchedCount === 1;
}

/** Gives it back. One that was taken for dead does not give back what is another's now. */
export async function releaseLease(leases: Leases, id: string, owner: string): Promise<void> {
  await leases.deleteOne({ _id: id, owner });
}
