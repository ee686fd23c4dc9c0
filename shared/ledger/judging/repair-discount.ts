import { writeAudit } from '../../audit/write-audit.ts';
import type { DiscountAccount } from '../../domain/judging/discount-account.ts';
import { newId } from '../../runtime/ids.ts';
import type { AuditRecord } from '../../store/collections/audit.ts';
import type { Session } from '../../store/store.ts';
import { inTransaction } from '../../store/transaction.ts';
import { countUses, readUses, writeUses } from '../discount-uses.ts';
import type { LedgerContext } from '../ledger.ts';

/** A discount whose uses have been set to what orders say. */
export interface RepairedDiscount {
  readonly discountId: string;
  /** By how much the stored uses were changed. */
  readonly correction: number;
  /** The discount's version that the repair made. */
  readonly version: number;
}

/** Why a discount's record cannot be repaired by arithmetic. */
export interface UnrepairableDiscount {
  readonly discountId: string;
  readonly reason: string;
}

/**
 * Counts the orders that use the discount and writes that down, in one transaction. A version that
 * orders are ahead of is raised above theirs, so that no use makes one of them again.
 * @returns undefined when somebody else has repaired it already
 */
export async function repairDiscount(
  context: LedgerContext,
  account: DiscountAccount,
): Promise<RepairedDiscount | UnrepairableDiscount | undefined> {
  return context.locks.holding([account.discountId], () =>
    inTransaction(context.store, (session) => repairAtSnapshot(context, session, account)),
  );
}

async function repairAtSnapshot(
  { store, clock }: LedgerContext,
  session: Session,
  { discountId, heldWithoutBuyer, versions }: DiscountAccount,
): Promise<RepairedDiscount | UnrepairableDiscount | undefined> {
  const stored = (await readUses(store, session, [discountId])).get(discountId);
  if (stored === undefined) return { discountId, reason: 'there is no such discount' };
  const held = heldWithoutBuyer + (await countUses(store, session, discountId));
  const correction = held - stored.uses;
  const highest = versions.reduce((high, each) => Math.max(high, each), stored.version);
  if (correction === 0 && highest === stored.version) return undefined;
  const version = highest + 1;
  const entry: AuditRecord = {
    _id: newId('aud'),
    at: clock.now(),
    action: 'ops.command',
    actor: { kind: 'operator', id: 'reconcile' },
    target: discountId,
    outcome: 'done',
    detail: { uses: stored.uses, correctedBy: correction },
  };
  await writeAudit(store, [entry], session);
  const change = { discountId, fromVersion: stored.version, toVersion: version };
  await writeUses(store, session, [{ ...change, uses: correction }]);
  return { discountId, correction, version };
}
