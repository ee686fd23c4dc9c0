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

/** Whether the checkout was stored; `duplicate` if its idempotency key is taken. */
export type CartIntentResult = 'stored' | 'duplicate' | 'cart_changed';

/**
 * Stores each checkout and marks its cart atomically, if the cart is still as it was read. A
 * concurrent change of the cart therefore either is in the checkout or is refused. All checkouts
 * share one transaction. If one of them cannot be stored, each gets a transaction of its own.
 */
export async function storeWithCarts(
  store: Store,
  intents: readonly CartIntent[],
): Promise<Settled<CartIntentResult>[]> {
  if (intents.length > 1 && (await storeTogether(store, intents))) {
    return intents.map(() => ({ value: 'stored' }));
  }
  const results: Settled<CartIntentResult>[] = [];
  for (const intent of intents) {
    results.push(
      await storeAlone(store, intent).then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    );
  }
  return results;
}

async function storeTogether(store: Store, intents: readonly CartIntent[]): Promise<boolean> {
  try {
    return await inTransaction(store, async (session) => {
      if (!(await markCarts(store, session, intents))) throw new CartTakenError();
      const checkouts = intents.map(({ checkout }) => checkout);
      await store.checkouts.insertMany(checkouts, { session });
      return true;
    });
  } catch (error) {
    if (error instanceof CartTakenError || isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Aborts the shared transaction. */
class CartTakenError extends Error {}

async function storeAlone(store: Store, intent: CartIntent): Promise<CartIntentResult> {
  const { checkout } = intent;
  try {
    return await inTransaction(store, async (session) => {
      if (await markCarts(store, session, [intent])) {
        await store.checkouts.insertOne(checkout, { session });
        return 'stored';
      }
      // The transaction may run again after a commit whose response was lost.
      const done = { _id: checkout._id };
      const count = await store.checkouts.countDocuments(done, { session });
      return count === 1 ? 'stored' : 'cart_changed';
    });
  } catch (error) {
    if (isDuplicateKey(error, 'one_checkout_per_idempotency_key')) return 'duplicate';
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
