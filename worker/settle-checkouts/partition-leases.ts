import { randomUUID } from 'node:crypto';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { startPeriodic } from '../../shared/runtime/periodic.ts';
import { claimLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';
import { shareOut } from './share-out.ts';
import {
  type Enrolment,
  leaveRoster,
  readHoldings,
  removeLeases,
  renewLeases,
  toLeaseId,
} from './worker-roster.ts';

/**
 * A worker that died is replaced in the first round after this time. A worker that stops is
 * replaced in the next round.
 */
const LEASE_MS = 3_000;
const RENEW_EVERY_MS = 750;
const CALL_TIMEOUT_MS = 1_000;

interface PartitionLeasesOptions {
  readonly store: Store;
  readonly partitions: number;
  /** Called when this worker may settle a partition from now on. */
  readonly onGained: (partition: number) => void;
  /** Called when this worker may no longer settle a partition. */
  readonly onLost: (partition: number) => void;
  readonly onError: (error: unknown) => void;
}

/** The right to settle partitions. One worker at a time has the right to settle a partition. */
export interface PartitionLeases {
  /** Gives up all leases, so that other workers can continue immediately. */
  release(): Promise<void>;
}

/**
 * Holds this worker's share of the partitions, and takes over from workers that end or die.
 *
 * ```
 * free ── claimed ──▶ held ── not renewed in time, taken by another, or above the share ──▶ free
 * ```
 *
 * One worker settles a partition at a time, so that one place decides the order of a product's
 * checkouts. A lease is not a guarantee. If two workers both believe that they hold it, the
 * conditional writes still prevent overselling.
 */
export function holdPartitionLeases(options: PartitionLeasesOptions): PartitionLeases {
  const { store, partitions, onGained, onLost, onError } = options;
  const leases = workLeases(store);
  const worker: Enrolment = { owner: randomUUID(), partitions, leaseMs: LEASE_MS };
  const held = new Set<number>();
  let lapse: NodeJS.Timeout | undefined;

  const lose = (partition: number) => {
    if (held.delete(partition)) onLost(partition);
  };
  const loseAll = () => {
    clearTimeout(lapse);
    for (const partition of [...held]) lose(partition);
  };
  const inTime = <T>(call: Promise<T>) =>
    withDeadline('a call for the partition leases', CALL_TIMEOUT_MS, call);
  const claim = async (partition: number) => {
    const lease = { id: toLeaseId(partition), owner: worker.owner, leaseMs: LEASE_MS };
    if (!(await inTime(claimLease(leases, lease)))) return;
    held.add(partition);
    onGained(partition);
  };
  const round = async (signal: AbortSignal) => {
    // The server counts the lease from a later moment, so this worker stops before the lease ends.
    const calledAt = performance.now();
    await inTime(renewLeases(leases, worker, [...held]));
    const holdings = await inTime(readHoldings(leases, partitions));
    for (const partition of [...held]) {
      if (holdings.holders[partition] !== worker.owner) lose(partition);
    }
    const leftMs = calledAt + LEASE_MS - performance.now();
    if (leftMs <= 0) return loseAll();
    clearTimeout(lapse);
    lapse = setTimeout(loseAll, leftMs);
    const moves = shareOut(holdings, worker.owner);
    for (const partition of moves.giveUp) lose(partition);
    await inTime(removeLeases(leases, worker.owner, moves.giveUp));
    if (!signal.aborted) await Promise.all(moves.claim.map(claim));
  };
  const rounds = startPeriodic({ everyMs: RENEW_EVERY_MS, run: round, onError });
  return {
    release: async () => {
      await rounds.stop();
      loseAll();
      await inTime(leaveRoster(leases, worker.owner)).catch(onError);
    },
  };
}
