import { randomUUID } from 'node:crypto';
import { RecordJudge } from '../../shared/ledger/judging/following/record-judge.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import { claimLease, releaseLease, renewLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';

const LEASE = 'judge-record';
/** Longer than reading one range of the whole record takes. */
const LEASE_MS = 180_000;
const RENEW_AFTER_MS = 10_000;
const JUDGE_EVERY_MS = 1_000;

interface JudgingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Judges the record as it changes, in one worker at a time. The lease is renewed before each step; a
 * worker that has lost it stops before it stores anything more.
 */
export function startJudging({ store, clock, onError }: JudgingOptions): Periodic {
  const leases = workLeases(store);
  const claim = { id: LEASE, owner: randomUUID(), leaseMs: LEASE_MS };
  let renewedAt = Number.NEGATIVE_INFINITY;
  const keep = async () => {
    if (performance.now() - renewedAt < RENEW_AFTER_MS) return;
    if (!(await renewLease(leases, claim))) throw new Error('another worker judges the record now');
    renewedAt = performance.now();
  };
  const judge = new RecordJudge({ store, clock, keep });
  const rounds = startPeriodic({
    everyMs: JUDGE_EVERY_MS,
    onError,
    run: async (signal) => {
      if (performance.now() - renewedAt >= RENEW_AFTER_MS) {
        if (!(await claimLease(leases, claim))) return judge.close();
        renewedAt = performance.now();
      }
      await judge.round(signal, (ms) => pause(ms, signal));
    },
  });
  return {
    trigger: rounds.trigger,
    stop: async () => {
      await rounds.stop();
      await judge.close();
      await releaseLease(leases, LEASE, claim.owner).catch(onError);
    },
  };
}
