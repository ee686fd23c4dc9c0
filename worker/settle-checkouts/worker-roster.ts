import type { workLeases } from '../../shared/store/lease.ts';
import type { Holdings } from './share-out.ts';

type Leases = ReturnType<typeof workLeases>;

/** The lease of partition 0. Workers of an earlier version, without partitions, also hold it. */
const FIRST_LEASE = 'settle-checkouts';
const ROSTER = `${FIRST_LEASE}/workers/`;
/** The entries of dead workers are removed after this time. */
const DEAD_KEPT_MS = 60_000;

/**
 * A worker on the roster. It shares the partitions with workers that have the same `partitions`.
 */
export interface Enrolment {
  readonly owner: string;
  readonly partitions: number;
  readonly leaseMs: number;
}

/** Returns the id of the lease of a partition. */
export function toLeaseId(partition: number): string {
  return partition === 0 ? FIRST_LEASE : `${FIRST_LEASE}.${partition}`;
}

/**
 * Keeps a worker on the roster, or adds it if its entry is missing or has lapsed, and renews the
 * leases that it still holds. Removes the entries of dead workers.
 */
export async function renewLeases(
  leases: Leases,
  { owner, partitions, leaseMs }: Enrolment,
  held: readonly number[],
): Promise<void> {
  const until = { $add: ['$$NOW', leaseMs] };
  const isCurrent = { $gt: ['$until', '$$NOW'] };
  const since = { $cond: [isCurrent, '$since', '$$NOW'] };
  const ids = held.map(toLeaseId);
  await leases.bulkWrite([
    {
      updateOne: {
        filter: { _id: `${ROSTER}${partitions}/${owner}` },
        update: [{ $set: { owner, since, until } }],
        upsert: true,
      },
    },
    { updateMany: { filter: { _id: { $in: ids }, owner }, update: [{ $set: { until } }] } },
    {
      deleteMany: {
        filter: {
          _id: { $gte: ROSTER, $lt: `${ROSTER}~` },
          $expr: { $lt: ['$until', { $subtract: ['$$NOW', DEAD_KEPT_MS] }] },
        },
      },
    },
  ]);
}

/**
 * Reads the holders of the partitions, and the workers that share them. Workers share partitions
 * only if they are configured with the same number. While that number is being changed, both groups
 * of workers claim the partitions that they have in common, and one worker holds each of them.
 */
export async function readHoldings(leases: Leases, partitions: number): Promise<Holdings> {
  const roster = `${ROSTER}${partitions}/`;
  const ids = Array.from({ length: partitions }, (_, partition) => toLeaseId(partition));
  const current = await leases
    .aggregate<{ readonly _id: string; readonly owner: string }>([
      {
        $match: {
          $or: [{ _id: { $in: ids } }, { _id: { $gte: roster, $lt: `${roster}~` } }],
          $expr: { $gt: ['$until', '$$NOW'] },
        },
      },
      { $sort: { since: 1, _id: 1 } },
    ])
    .toArray();
  const holders = new Map(current.map(({ _id, owner }) => [_id, owner]));
  return {
    workers: current.filter(({ _id }) => _id.startsWith(roster)).map(({ owner }) => owner),
    holders: ids.map((id) => holders.get(id)),
  };
}

/** Gives up leases of a worker, except leases that another worker holds now. */
export async function removeLeases(
  leases: Leases,
  owner: string,
  partitions: readonly number[],
): Promise<void> {
  if (partitions.length === 0) return;
  await leases.deleteMany({ _id: { $in: partitions.map(toLeaseId) }, owner });
}

/** Gives up all leases of a worker, and takes it off the roster. */
export async function leaveRoster(leases: Leases, owner: string): Promise<void> {
  await leases.deleteMany({ _id: { $gte: FIRST_LEASE, $lt: `${FIRST_LEASE}~` }, owner });
}
