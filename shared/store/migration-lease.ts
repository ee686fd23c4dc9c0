import { randomUUID } from 'node:crypto';
import { type Periodic, startPeriodic } from '../runtime/periodic.ts';
import { claimLease, type LeaseRecord, releaseLease, renewLease } from './lease.ts';
import type { Store } from './store.ts';

/** A lease ends after this long without renewal. */
export const LEASE_MS = 15_000;
const RENEWALS_PER_LEASE = 5;

/** The right to migrate, held by one process at a time. */
export interface MigrationLease {
  /** Aborted when another process holds the lease, or the lease has ended without renewal. */
  readonly signal: AbortSignal;
  /**
   * Renews the lease.
   * @throws Error if the lease is lost
   */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** The only lease of its collection. */
const LEASE_ID = 'lease';

/**
 * Takes the lease if it is free or has expired, and renews it until it is released.
 * @returns undefined if another process holds the lease
 */
export async function takeLease(
  store: Store,
  leaseMs: number = LEASE_MS,
): Promise<MigrationLease | undefined> {
  const owner = randomUUID();
  const claim = { id: LEASE_ID, owner, leaseMs };
  if (!(await claimLease(leases(store), claim))) return undefined;
  return heldLease(store, owner, leaseMs);
}

function heldLease(store: Store, owner: string, leaseMs: number): MigrationLease {
  const lost = new AbortController();
  let heldUntil = performance.now() + leaseMs;
  const check = async () => {
    const renewedAt = performance.now();
    if (!(await renewLease(leases(store), { id: LEASE_ID, owner, leaseMs })))
      lost.abort(lostError());
    else heldUntil = renewedAt + leaseMs;
    lost.signal.throwIfAborted();
  };
  const renewing: Periodic = startPeriodic({
    everyMs: leaseMs / RENEWALS_PER_LEASE,
    run: check,
    onError: () => {
      if (performance.now() >= heldUntil) lost.abort(lostError());
    },
  });
  return {
    signal: lost.signal,
    check,
    release: async () => {
      await renewing.stop();
      await releaseLease(leases(store), LEASE_ID, owner);
    },
  };
}

function lostError(): Error {
  return new Error(
    'this process has lost the lease of the migration, so another process may have taken it over',
  );
}

function leases(store: Store) {
  return store.connection.collection<LeaseRecord>('migration_leases');
}
