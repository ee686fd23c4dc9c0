import type { Settled } from '../../shared/runtime/group-commit.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutDraft, CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Session, Store } from '../../shared/store/store.ts';
import { inTransaction } from '../../shared/store/transaction.ts';
import { cartExpiry } from '../carts/cart-store.ts';

/** A checkout to store, with the cart that its lines come from as it was read. */
export interface CartIntent<Checkout extends CheckoutDraft = CheckoutRecord> {
  readonly checkout: Checkout;
  readonly cart: CartRecord;
}

/** The checkout as it was stored, or why it was not; `duplicate`: a key of it is taken. */
export type CartIntentResult = CheckoutRecord | 'duplicate' | 'cart_changed';

/** Returns a checkout as it is to be stored, at the moment at which it is. */
type Decide = (checkout: CheckoutRecord) => CheckoutRecord;

/**
 * Stores each checkout and marks its cart atomically, if the cart is still as it was read. A
 * concurrent change of the cart therefore either is in the checkout or is refused. All checkouts
 * share one transaction. If one of them cannot be stored, each gets a transaction of its own.
 */
export async function storeWithCarts(
  store: Store,
  intents: readonly CartIntent[],
  decide: Decide,
): Promise<Settled<CartIntentResult>[]> {
  const together = intents.length > 1 ? await storeTogether(store, intents, decide) : undefined;
  if (together !== undefined) return together.map((value) => ({ value }));
  const results: Settled<CartIntentResult>[] = [];
  for (const intent of intents) {
    results.push(
      await storeAlone(store, intent, decide).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    );
  }
  return results;
}

/** @returns undefined if one of them cannot be stored; none is then */
async function storeTogether(
  store: Store,
  intents: readonly CartIntent[],
  decide: Decide,
): Promise<CheckoutRecord[] | undefined> {
  try {
    return await inTransaction(store, async (session) => {
      if (!(await markCarts(store, session, intents))) throw new CartTakenError();
      const checkouts = intents.map(({ checkout }) => decide(checkout));
      await store.checkouts.insertMany(checkouts, { session });
      return checkouts;
    });
  } catch (error) {
    if (error instanceof CartTakenError || isDuplicateKey(error)) return undefined;
    throw error;
  }
}

/** Aborts the shared transaction. */
class CartTakenError extends Error {}

async function storeAlone(
  store: Store,
  intent: CartIntent,
  decide: Decide,
): Promise<CartIntentResult> {
  try {
    return await inTransaction(store, async (session) => {
      if (await markCarts(store, session, [intent])) {
        const checkout = decide(intent.checkout);
        await store.checkouts.insertOne(checkout, { session });
        return checkout;
      }
      // The transaction may run again after a commit whose response was lost.
      const { _id } = intent.checkout;
      return (await store.checkouts.findOne({ _id }, { session })) ?? 'cart_changed';
    });
  } catch (error) {
    if (isDuplicateKey(error, 'one_checkout_per_idempotency_key')) return 'duplicate';
    if (isDuplicateKey(error, 'one_wait_per_buyer_and_variant')) return 'duplicate';
    if (isDuplicateKey(error, 'one_checkout_per_cart_claim')) return 'cart_changed';
    throw error;
  }
}

/** Marks the carts as checked out; returns whether all of them are still as they were read. */
async function markCarts(
  store: Store,
  session: Session,
  intents: readonly CartIntent[],
): Promise<boolean> {
  const writes = intents.map(({ cart, checkout: { _id: checkoutId, acceptedAt } }) => ({
    updateOne: {
      filter: { _id: cart._id, revision: cart.revision },
      update: {
        $set: { checkoutId, updatedAt: acceptedAt, expiresAt: cartExpiry(acceptedAt) },
        $inc: { revision: 1, tries: 1 },
      },
    },
  }));
  const { matchedCount } = await store.carts.bulkWrite(writes, { session });
  return matchedCount === intents.length;
}
