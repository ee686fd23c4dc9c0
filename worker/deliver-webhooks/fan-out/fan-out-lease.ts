import { randomUUID } from 'node:crypto';
import { claimLease, releaseLease, renewLease, workLeases } from '../../../shared/store/lease.ts';
import type { Store } from '../../../shared/store/store.ts';

const LEASE_ID = 'fan-out';
/** When a worker dies, another goes on after this long. */
export const FAN_OUT_LEASE_MS = 3_000;
/** It is renewed when a third of it has gone by. */
const RENEW_AFTER_MS = FAN_OUT_LEASE_MS / 3;

/** The right of one worker to fan out. */
export interface FanOutLease {
  /** Asked between one portion and the next; false when it is to be left to others. */
  goesOn(): Promise<boolean>;
  readonly isOver: boolean;
  end(): Promise<void>;
}

/** @returns undefined when another worker is at it */
export async function takeFanOutLease(
  store: Store,
  signal?: AbortSignal,
): Promise<FanOutLease | undefined> {
  const leases = workLeases(store);
  const owner = randomUUID();
  const claim = { id: LEASE_ID, owner, leaseMs: FAN_OUT_LEASE_MS };
  let renewedAt = performance.now();
  if (!(await claimLease(leases, claim))) return undefined;
  let isOver = false;
  return {
    get isOver() {
      return isOver;
    },
    goesOn: async () => {
      if (signal?.aborted === true) isOver = true;
      const now = performance.now();
      if (!isOver && now - renewedAt >= RENEW_AFTER_MS) {
        renewedAt = now;
        isOver = !(await renewLease(leases, claim));
      }
      return !isOver;
    },
    end: () => releaseLease(leases, LEASE_ID, owner),
  };
}
