import { isOpenStatus, OPEN_STATUSES } from '../domain/vocabulary.ts';
import { byIds } from '../store/by-ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { Session } from '../store/store.ts';
import { type AuditDraft, commit, type Decision } from './commit.ts';
import { withdrawEntries } from './draws/withdraw-entries.ts';
import type { LedgerContext } from './ledger.ts';
import { readCheckouts } from './settling/read-batch.ts';
import { toSettledEvent } from './settling/settled-records.ts';

/**
 * The result of a withdrawal; `checkout` is the checkout after it. `unchanged`: it was withdrawn
 * before; `settled`: it has another outcome.
 */
export type WithdrawalResult =
  | { readonly kind: 'withdrawn' | 'unchanged' | 'settled'; readonly checkout: CheckoutRecord }
  | { readonly kind: 'missing' };

/** The audit entries of withdrawals, by the ids of their checkouts. */
type Entries = ReadonlyMap<string, AuditDraft>;

const OUTCOME = { status: 'rejected', rejection: { code: 'withdrawn' } } as const;

/**
 * Withdraws checkouts that are queued or waiting, in one transaction. Each of them becomes
 * rejected, with the code `withdrawn`. A checkout that has an outcome keeps it. The call takes the
 * locks of the products, as settlement does, so that it does not force a batch in progress to run
 * again.
 * @param entries each is written if its checkout is withdrawn
 * @throws the error of the transaction; no checkout is then withdrawn, unless the answer to a
 *   commit was lost
 */
export async function withdrawCheckouts(
  context: LedgerContext,
  checkoutIds: readonly string[],
  entries: Entries = new Map(),
): Promise<WithdrawalResult[]> {
  const records = await readCheckouts(context.store, checkoutIds);
  const products = [...records.values()]
    .filter(({ status }) => isOpenStatus(status))
    .flatMap((checkout) => checkout.lines.map((line) => line.productId));
  return commit(context, products, (session) =>
    decideWithdrawals(context, session, checkoutIds, entries),
  );
}

async function decideWithdrawals(
  { store, clock }: LedgerContext,
  session: Session,
  checkoutIds: readonly string[],
  entries: Entries,
): Promise<Decision<WithdrawalResult[]>> {
  const checkouts = await readCheckouts(store, checkoutIds, session);
  const at = clock.now();
  const outcome = { ...OUTCOME, settledAt: at };
  const results = new Map<string, WithdrawalResult>();
  const open: CheckoutRecord[] = [];
  for (const [id, checkout] of checkouts) {
    if (isOpenStatus(checkout.status)) {
      open.push(checkout);
      results.set(id, { kind: 'withdrawn', checkout: { ...checkout, ...outcome } });
    } else {
      const isWithdrawn = checkout.rejection?.code === 'withdrawn';
      results.set(id, { kind: isWithdrawn ? 'unchanged' : 'settled', checkout });
    }
  }
  const result = checkoutIds.map((id) => results.get(id) ?? ({ kind: 'missing' } as const));
  if (open.length === 0) return { result };
  const ids = open.map(({ _id }) => _id);
  const events = open.map((checkout) =>
    toSettledEvent(checkout, { checkoutId: checkout._id, ...OUTCOME }),
  );
  const write = async () => {
    await store.checkouts.updateMany(
      { _id: { $in: ids }, status: { $in: [...OPEN_STATUSES] } },
      { $set: outcome },
      { session },
    );
    const waitIds = open.filter(({ waitUntil }) => waitUntil).map(({ _id }) => _id);
    if (waitIds.length > 0) await store.waits.deleteMany(byIds(waitIds), { session });
    await withdrawEntries(store, session, open);
  };
  const audit = ids.flatMap((id) => entries.get(id) ?? []);
  return { result, changes: { at, events, write, audit } };
}
