import { randomUUID } from 'node:crypto';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { startPeriodic } from '../../shared/runtime/periodic.ts';
import { claimLease, releaseLease, renewLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';

const LEASE = 'settle-checkouts';
/** A worker that died is replaced after this time, and one that ends at once. */
const LEASE_MS = 3_000;
const RENEW_EVERY_MS = 750;
const CALL_TIMEOUT_MS = 1_000;

interface SettlingLeaseOptions {
  readonly store: Store;
  /** Called when this worker becomes the one that settles. */
  readonly onGained: () => void;
  /** Called when it may no longer be that one. */
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}

/** The right to settle, which one worker has at a time. */
export interface SettlingLease {
  /** Gives the lease up, so that another worker can go on at once. */
  release(): Promise<void>;
}

/**
 * Claims the lease as soon as no other worker holds it, and renews it from then on.
 *
 * ```
 * standby ── claimed ──▶ held ── not renewed in time, or another took it ──▶ standby
 * ```
 *
 * One worker settles at a time, so that one place decides the order of a product's checkouts. The
 * lease is no guarantee: two workers that both believe they hold it are kept from overselling by
 * the conditional writes.
 */
export function holdSettlingLease(options: SettlingLeaseOptions): SettlingLease {
  const { store, onGained, onLost, onError } = options;
  const leases = workLeases(store);
  const claim = { id: LEASE, owner: randomUUID(), leaseMs: LEASE_MS };
  let isHeld = false;
  let lapse: NodeJS.Timeout | undefined;

  const lose = () => {
    clearTimeout(lapse);
    if (isHeld) {
      isHeld = false;
      onLost();
    }
  };
  const round = async () => {
    // Counted from before the call: the server counts from a later moment.
    const askedAt = performance.now();
    const asking = isHeld ? renewLease(leases, claim) : claimLease(leases, claim);
    const isMine = await withDeadline('the settling lease', CALL_TIMEOUT_MS, asking);
    const leftMs = askedAt + LEASE_MS - performance.now();
    if (!isMine || leftMs <= 0) return lose();
    clearTimeout(lapse);
    lapse = setTimeout(lose, leftMs);
    if (!isHeld) {
      isHeld = true;
      onGained();
    }
  };
  const rounds = startPeriodic({ everyMs: RENEW_EVERY_MS, run: round, onError });
  return {
    release: async () => {
      await rounds.stop();
      lose();
      const releasing = releaseLease(leases, claim.id, claim.owner);
      await withDeadline('giving up the settling lease', CALL_TIMEOUT_MS, releasing).catch(onError);
    },
  };
}
