import { randomUUID } from 'node:crypto';
import { RecordJudge } from '../../shared/ledger/judging/following/record-judge.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import { claimLease, releaseLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';

const LEASE = 'judge-record';
/** After a worker is killed, another worker continues within this time plus `CLAIM_EVERY_MS`. */
const LEASE_MS = 15_000;
const CLAIM_EVERY_MS = 5_000;
const JUDGE_EVERY_MS = 1_000;

interface JudgingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Judges the record as it changes, in one worker at a time. The lease is renewed meanwhile, because
 * reading the whole record can take longer than the lease. A worker whose lease may have ended
 * stores nothing more.
 */
export function startJudging({ store, clock, onError }: JudgingOptions): Periodic {
  const leases = workLeases(store);
  const claim = { id: LEASE, owner: randomUUID(), leaseMs: LEASE_MS };
  let heldUntil = Number.NEGATIVE_INFINITY;
  const isHeld = () => performance.now() < heldUntil;
  const judge = new RecordJudge({
    store,
    clock,
    assertMayJudge: () => {
      if (!isHeld()) throw new Error('another worker may judge the record now');
    },
  });
  const claims = startPeriodic({
    everyMs: CLAIM_EVERY_MS,
    onError,
    run: async () => {
      const claimedAt = performance.now();
      const isMine = await claimLease(leases, claim);
      heldUntil = isMine ? claimedAt + LEASE_MS : Number.NEGATIVE_INFINITY;
    },
  });
  const rounds = startPeriodic({
    everyMs: JUDGE_EVERY_MS,
    onError,
    run: async (signal) => {
      if (!isHeld()) return judge.close();
      await judge.round(signal, (ms) => pause(ms, signal));
    },
  });
  return {
    trigger: rounds.trigger,
    stop: async () => {
      await rounds.stop();
      await claims.stop();
      await judge.close();
      await releaseLease(leases, LEASE, claim.owner).catch(onError);
    },
  };
}
