import { randomUUID } from 'node:crypto';
import { type Periodic, startPeriodic } from '../runtime/periodic.ts';
import { claimLease, type LeaseRecord, releaseLease, renewLease } from './lease.ts';
import type { Store } from './store.ts';

/** A dead process's lease ends after this long; a living one renews it several times as often. */
export const LEASE_MS = 15_000;
const RENEWALS_PER_LEASE = 5;

/** The right to migrate, of one process at a time, for as long as it lives. */
export interface MigrationLease {
  /** Aborted when the lease is lost. */
  readonly signal: AbortSignal;
  /** @throws Error when it is another process's now */
  check(): Promise<void>;
  giveBack(): Promise<void>;
}

/** The only lease of its collection, which processes of earlier versions know too. */
const LEASE_ID = 'lease';

/**
 * Takes the lease if nobody has it, or if who has it has not renewed it in time.
 * @returns undefined when another process has it
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
    const askedAt = performance.now();
    if (!(await renewLease(leases(store), { id: LEASE_ID, owner, leaseMs })))
      lost.abort(lostError());
    else heldUntil = askedAt + leaseMs;
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
    giveBack: async () => {
      await renewing.stop();
      await releaseLease(leases(store), LEASE_ID, owner);
    },
  };
}

function lostError(): Error {
  return new Error('the migration took so long to answer that another process has taken it over');
}

function leases(store: Store) {
  return store.connection.collection<LeaseRecord>('migration_leases');
}
