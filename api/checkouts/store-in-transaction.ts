import { toRejectionsEntry } from '../../shared/ledger/store-rejections.ts';
import type { Settled } from '../../shared/runtime/group-commit.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutDraft, CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { listPersonal } from '../../shared/store/collections/personal-checkouts.ts';
import { toWait } from '../../shared/store/collections/waits.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Session, Store } from '../../shared/store/store.ts';
import { inTransaction } from '../../shared/store/transaction.ts';
import { cartExpiry } from '../carts/cart-store.ts';

/** A checkout to store, with the cart that its lines come from, as the cart was read. */
export interface CheckoutIntent<Checkout extends CheckoutDraft = CheckoutRecord> {
  readonly checkout: Checkout;
  readonly cart?: CartRecord | undefined;
}

/**
 * The checkout as it was stored, queued or already rejected; or why it was not stored: `duplicate`
 * when its Idempotency-Key is taken or the buyer already waits, `cart_changed` when the cart has
 * changed since it was read.
 */
export type IntakeResult = CheckoutRecord | 'duplicate' | 'cart_changed';

/** How the checkouts of a group are stored. */
interface Storing {
  /**
   * Returns the checkout to store, queued or rejected; called in the transaction that stores it.
   */
  readonly decide: (checkout: CheckoutRecord) => CheckoutRecord;
  /** The trace contexts of sampled checkouts, by checkout id. */
  readonly traceparents?: ReadonlyMap<string, string> | undefined;
}

/**
 * Stores checkouts that need more than one document, each atomically. A checkout of a cart marks
 * the cart as checked out if the cart has not changed since it was read, so a concurrent change of
 * the cart is either in the checkout or refused. A checkout that may wait for units is stored with
 * its wait. All checkouts share one transaction. If a cart has changed or a key is taken, each
 * checkout gets a transaction of its own.
 */
export async function storeInTransaction(
  store: Store,
  intents: readonly CheckoutIntent[],
  storing: Storing,
): Promise<Settled<IntakeResult>[]> {
  const together = intents.length > 1 ? await storeTogether(store, intents, storing) : undefined;
  if (together !== undefined) return together.map((value) => ({ value }));
  const results: Settled<IntakeResult>[] = [];
  for (const intent of intents) {
    results.push(
      await storeAlone(store, intent, storing).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    );
  }
  return results;
}

/** @returns undefined if a cart has changed or a key is taken; then no checkout is stored */
async function storeTogether(
  store: Store,
  intents: readonly CheckoutIntent[],
  storing: Storing,
): Promise<CheckoutRecord[] | undefined> {
  try {
    return await inTransaction(store, async (session) => {
      if (!(await markCarts(store, session, intents))) throw new CartChangedError();
      const checkouts = intents.map(({ checkout }) => storing.decide(checkout));
      await insertAll(store, session, checkouts, storing);
      return checkouts;
    });
  } catch (error) {
    if (error instanceof CartChangedError || isDuplicateKey(error)) return undefined;
    throw error;
  }
}

/** Aborts the shared transaction because a cart has changed since it was read. */
class CartChangedError extends Error {}

async function storeAlone(
  store: Store,
  intent: CheckoutIntent,
  storing: Storing,
): Promise<IntakeResult> {
  try {
    return await inTransaction(store, async (session) => {
      const { cart, checkout } = intent;
      const isFresh = cart !== undefined && (await markCarts(store, session, [intent]));
      if (!isFresh) {
        // The transaction may run again after a commit whose response was lost.
        const stored = await store.checkouts.findOne({ _id: checkout._id }, { session });
        if (stored !== null) return stored;
        if (cart !== undefined) return 'cart_changed';
      }
      const decided = storing.decide(checkout);
      await insertAll(store, session, [decided], storing);
      return decided;
    });
  } catch (error) {
    if (isDuplicateKey(error, 'one_checkout_per_idempotency_key')) return 'duplicate';
    if (isDuplicateKey(error, 'one_wait_per_buyer_and_variant')) return 'duplicate';
    throw error;
  }
}

/** Inserts checkouts with their waits, the marks of personal data, and the events of rejections. */
async function insertAll(
  store: Store,
  session: Session,
  checkouts: readonly CheckoutRecord[],
  { traceparents }: Storing,
): Promise<void> {
  await store.checkouts.insertMany(checkouts, { session });
  const waits = checkouts
    .filter(({ status }) => status === 'queued')
    .flatMap((checkout) => toWait(checkout) ?? []);
  if (waits.length > 0) await store.waits.insertMany(waits, { session });
  const personal = listPersonal(checkouts);
  if (personal.length > 0) await store.personalCheckouts.insertMany(personal, { session });
  const rejected = checkouts.filter(({ status }) => status === 'rejected');
  if (rejected.length > 0) {
    await store.outbox.insertOne(toRejectionsEntry(rejected, traceparents), { session });
  }
}

/** Marks the carts as checked out. Returns false if one of them has changed since it was read. */
async function markCarts(
  store: Store,
  session: Session,
  intents: readonly CheckoutIntent[],
): Promise<boolean> {
  const writes = intents.flatMap(({ cart, checkout: { _id: checkoutId, acceptedAt } }) => {
    if (cart === undefined) return [];
    const update = {
      $set: { checkoutId, updatedAt: acceptedAt, expiresAt: cartExpiry(acceptedAt) },
      $inc: { revision: 1 },
    };
    return [{ updateOne: { filter: { _id: cart._id, revision: cart.revision }, update } }];
  });
  if (writes.length === 0) return true;
  const { matchedCount } = await store.carts.bulkWrite(writes, { session });
  return matchedCount === writes.length;
}
