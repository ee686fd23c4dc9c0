import { type AuditDraft, splitOnError } from '../../shared/ledger/commit.ts';
import { BATCH_LINES_MAX, type LedgerContext } from '../../shared/ledger/ledger.ts';
import { type WithdrawalResult, withdrawCheckouts } from '../../shared/ledger/withdraw-checkout.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { OutcomeSubscriptions } from './outcome-subscriptions.ts';

const WITHDRAWALS_MAX = 256;
const WITHDRAWALS_WAITING_MAX = 10_000;

/** A checkout to withdraw, with the number of its lines, which is its weight in a batch. */
export interface Withdrawal {
  readonly checkoutId: string;
  readonly lines: number;
  /** The audit entry, if the withdrawal needs one. */
  readonly audit?: AuditDraft;
}

/**
 * Creates the group commit of withdrawals: concurrent withdrawals share a transaction. Requests in
 * this process that wait for the outcome are notified after the commit.
 */
export function groupWithdrawals(
  ledger: LedgerContext,
  outcomes: OutcomeSubscriptions,
): GroupCommit<Withdrawal, WithdrawalResult> {
  const notifyingLedger: LedgerContext = {
    ...ledger,
    onCommitted: (entry) => outcomes.onEvents(entry.events),
  };
  return new GroupCommit({
    name: 'withdrawals',
    itemsMax: WITHDRAWALS_MAX,
    weigh: ({ lines }) => lines,
    weightMax: BATCH_LINES_MAX,
    queueMax: WITHDRAWALS_WAITING_MAX,
    commit: (group) =>
      splitOnError(group, (batch) =>
        withdrawCheckouts(
          notifyingLedger,
          batch.map(({ checkoutId }) => checkoutId),
          // Concurrent withdrawals of one checkout are one withdrawal, with one entry.
          new Map(
            batch.flatMap(({ checkoutId, audit }) => (audit ? [[checkoutId, audit] as const] : [])),
          ),
        ),
      ),
  });
}
