import type { SettleCheckoutData } from '../../shared/contract/jobs.ts';
import type { CheckoutQueue } from '../../shared/queue/checkout-queue.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { type InsertResult, insertEach } from '../../shared/store/insert-each.ts';
import type { Store } from '../../shared/store/store.ts';
import { type CartIntent, storeWithCarts } from './store-with-cart.ts';

const ACCEPT_TIMEOUT_MS = 5_000;
const INTENTS_MAX = 500;
const INTENT_LINES_MAX = 20_000;
const INTENTS_WAITING_MAX = 20_000;
/** Each group is one transaction with all of its carts. */
const CART_INTENTS_MAX = 50;
const CART_INTENT_LINES_MAX = 5_000;
const CART_INTENT_GROUPS_MAX = 4;
const WAKEUPS_MAX = 500;
const WAKEUPS_WAITING_MAX = 50_000;
/** Under light load a little company makes each checkout cheaper and, on a busy machine, faster. */
const INTENTS_LINGER_MS = 3;

/** What became of a checkout that was to be stored. */
export type IntakeResult = InsertResult | 'cart_changed';

/** Takes checkouts in: stores them, and then wakes a worker for each. */
export interface Intake {
  /**
   * Stores a checkout, with majority and journal.
   * @param cart the one whose lines it has, as it was read
   * @returns `duplicate` when its idempotency key is taken, `cart_changed` when the cart is not as
   * it was any more
   * @throws DeadlineError, QueueFullError or a passing fault; the outcome may then be unknown
   */
  store(checkout: CheckoutRecord, cart?: CartRecord): Promise<IntakeResult>;
  /** Adds its job soon. Never fails: the recovery sweep adds what Redis did not take. */
  wake(checkout: CheckoutRecord): void;
}

/** Takes checkouts into this store and wakes workers by this queue; logs what that refuses. */
export function createIntake(store: Store, queue: CheckoutQueue, log: Logger): Intake {
  const intents = new GroupCommit<CheckoutRecord, IntakeResult>({
    name: 'intents',
    lingerMs: INTENTS_LINGER_MS,
    itemsMax: INTENTS_MAX,
    weigh: (checkout) => checkout.lines.length,
    weightMax: INTENT_LINES_MAX,
    queueMax: INTENTS_WAITING_MAX,
    commit: (group) => insertEach(store.checkouts, group),
  });
  const wakeups = new GroupCommit<SettleCheckoutData, undefined>({
    name: 'wake-ups',
    itemsMax: WAKEUPS_MAX,
    queueMax: WAKEUPS_WAITING_MAX,
    commit: async (group) => {
      await queue.enqueue(group);
      return group.map(() => ({ value: undefined }));
    },
  });
  const cartIntents = new GroupCommit<CartIntent, IntakeResult>({
    name: 'intents of carts',
    lingerMs: INTENTS_LINGER_MS,
    itemsMax: CART_INTENTS_MAX,
    weigh: ({ checkout }) => checkout.lines.length,
    weightMax: CART_INTENT_LINES_MAX,
    parallelMax: CART_INTENT_GROUPS_MAX,
    queueMax: INTENTS_WAITING_MAX,
    commit: (group) => storeWithCarts(store, group),
  });
  return {
    store: (checkout, cart) => {
      const stored =
        cart === undefined ? intents.submit(checkout) : cartIntents.submit({ checkout, cart });
      return withDeadline('storing', ACCEPT_TIMEOUT_MS, stored);
    },
    wake: ({ _id, lines }) => {
      wakeups
        .submit({ checkoutId: _id, wakeup: 0, lines: lines.length })
        .catch((error: Error) => log.debug({ reason: error.message }, 'left to the sweep'));
    },
  };
}
