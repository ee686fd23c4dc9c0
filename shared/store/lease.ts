import type mongoose from 'mongoose';
import { isDuplicateKey } from './faults.ts';
import type { Store } from './store.ts';

/**
 * A lease: the right of one process, until a given time, to do work that only one process may do at
 * a time.
 */
export interface LeaseRecord {
  readonly _id: string;
  readonly owner: string;
  /** By the server's clock, so that other clocks do not matter. */
  readonly until: Date;
}

type Leases = mongoose.Collection<LeaseRecord>;

interface Claim {
  readonly id: string;
  readonly owner: string;
  readonly leaseMs: number;
}

/** Returns the collection of the leases for work that all workers could do. */
export function workLeases(store: Store): Leases {
  return store.connection.collection<LeaseRecord>('leases');
}

/** Claims a lease that is free, expired or the owner's. Returns whether the owner holds it now. */
export async function claimLease(leases: Leases, { id, owner, leaseMs }: Claim): Promise<boolean> {
  const isFree = { $lt: [{ $ifNull: ['$until', new Date(0)] }, '$$NOW'] };
  const isClaimable = { $or: [isFree, { $eq: ['$owner', owner] }] };
  const update = {
    owner: { $cond: [isClaimable, owner, '$owner'] },
    until: { $cond: [isClaimable, { $add: ['$$NOW', leaseMs] }, '$until'] },
  };
  try {
    const lease = await leases.findOneAndUpdate({ _id: id }, [{ $set: update }], {
      upsert: true,
      returnDocument: 'after',
    });
    return lease?.owner === owner;
  } catch (error) {
    // Another process created it at the same time.
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Extends a lease. Returns false if the owner has lost it. */
export async function renewLease(leases: Leases, { id, owner, leaseMs }: Claim): Promise<boolean> {
  const until = { $add: ['$$NOW', leaseMs] };
  const renewed = await leases.updateOne({ _id: id, owner }, [{ $set: { until } }]);
  return renewed.matchedCount === 1;
}

/** Releases a lease, unless another process holds it now. */
export async function releaseLease(leases: Leases, id: string, owner: string): Promise<void> {
  await leases.deleteOne({ _id: id, owner });
}
