import type { DiscountAccount } from '../../domain/judging/discount-account.ts';
import { REPAIR_ACTOR } from '../../store/collections/audit.ts';
import type { Session } from '../../store/store.ts';
import { type AuditDraft, commit, type Decision } from '../commit.ts';
import { countUses, readUses } from '../discount-uses.ts';
import type { LedgerContext } from '../ledger.ts';

/** A discount whose uses have been set to the number of orders that use it. */
export interface RepairedDiscount {
  readonly discountId: string;
  /** The change of the stored uses. */
  readonly correction: number;
  /** The discount's version after the repair. */
  readonly version: number;
}

/** A discount that could not be repaired, with the reason. */
export interface UnrepairableDiscount {
  readonly discountId: string;
  readonly reason: string;
}

/**
 * Sets a discount's uses to the number of orders that use it, in one transaction. Raises the
 * version above the versions in all orders, so that no later use gets one of these versions.
 * @returns undefined if the discount has been repaired meanwhile
 */
export async function repairDiscount(
  context: LedgerContext,
  account: DiscountAccount,
): Promise<RepairedDiscount | UnrepairableDiscount | undefined> {
  return commit(context, [account.discountId], (session) =>
    decideRepair(context, session, account),
  );
}

async function decideRepair(
  { store, clock }: LedgerContext,
  session: Session,
  { discountId, heldWithoutBuyer, versions }: DiscountAccount,
): Promise<Decision<RepairedDiscount | UnrepairableDiscount | undefined>> {
  const stored = (await readUses(store, session, [discountId])).get(discountId);
  if (stored === undefined) {
    return { result: { discountId, reason: 'there is no such discount' } };
  }
  const held = heldWithoutBuyer + (await countUses(store, session, discountId));
  const correction = held - stored.uses;
  const highest = versions.reduce((maximum, used) => Math.max(maximum, used), stored.version);
  if (correction === 0 && highest === stored.version) return { result: undefined };
  const at = clock.now();
  const version = highest + 1;
  const entry: AuditDraft = {
    action: 'ops.command',
    actor: REPAIR_ACTOR,
    target: discountId,
    outcome: 'done',
    detail: { uses: stored.uses, correctedBy: correction },
  };
  const change = { discountId, fromVersion: stored.version, toVersion: version, uses: correction };
  return {
    result: { discountId, correction, version },
    changes: { at, audit: [entry], uses: [change] },
  };
}
