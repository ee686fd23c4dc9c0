import { type SettleCheckoutsJob, settleJobId } from '../../shared/contract/jobs.ts';
import { toHomeProduct } from '../../shared/contract/partitions.ts';
import { type CheckoutQueue, nameJobs, toJobs } from '../../shared/queue/checkout-queue.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { GroupCommit, type Settled } from '../../shared/runtime/group-commit.ts';
import type { Logger } from '../../shared/runtime/logger.ts';
import type { CartRecord } from '../../shared/store/collections/carts.ts';
import type { CheckoutDraft, CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { type InsertResult, insertEach } from '../../shared/store/insert-each.ts';
import type { Store } from '../../shared/store/store.ts';
import { type CartIntent, storeWithCarts } from './store-with-cart.ts';

const ACCEPT_TIMEOUT_MS = 5_000;
const INTAKE_MAX = 500;
const INTAKE_LINES_MAX = 20_000;
const INTAKE_WAITING_MAX = 20_000;
const INTAKE_LINES_WAITING_MAX = 200_000;
/** Storing begins within this time or not at all, so that a checkout is not stored after its 503. */
const INTAKE_WAIT_MS_MAX = 3_000;
/** Each group is one transaction with all of its carts. */
const CART_INTAKE_MAX = 50;
const CART_INTAKE_LINES_MAX = 5_000;
const CART_INTAKE_GROUPS_MAX = 4;
const JOBS_MAX = 500;
const JOBS_WAITING_MAX = 50_000;
/** Under light load a little company makes each checkout cheaper and, on a busy machine, faster. */
const INTAKE_LINGER_MS = 3;

/** What became of a checkout that was to be stored. */
export type IntakeResult = InsertResult | 'cart_changed';

/** Stores checkouts, and adds jobs that settle them. */
export interface Intake {
  /**
   * Stores a checkout, with majority and journal, and then adds its job without waiting for Redis:
   * the recovery sweep adds the jobs that Redis did not take.
   * @param cart the one whose lines it has, as it was read
   * @returns `duplicate` when its idempotency key is taken, `cart_changed` when the cart is no
   * longer as it was
   * @throws DeadlineError, QueueFullError or a transient error; the outcome may then be unknown
   */
  store(checkout: CheckoutDraft, cart?: CartRecord): Promise<IntakeResult>;
}

/** Returns an intake into this store and queue, which logs what the queue refuses. */
export function createIntake(store: Store, queue: CheckoutQueue, log: Logger): Intake {
  const jobs = new GroupCommit<SettleCheckoutsJob, undefined>({
    name: 'jobs',
    itemsMax: JOBS_MAX,
    queueMax: JOBS_WAITING_MAX,
    commit: async (group) => {
      await queue.enqueue(group);
      return group.map(() => ({ value: undefined }));
    },
  });
  const enqueue = (stored: readonly CheckoutRecord[]) => {
    const members = stored.map(({ _id, jobId, lines }) => ({
      ...{ jobId, checkoutId: _id, productId: toHomeProduct(lines), lines: lines.length },
    }));
    for (const job of toJobs(members)) {
      jobs
        .submit(job)
        .catch((error: Error) => log.debug({ reason: error.message }, 'left to the sweep'));
    }
  };
  const checkouts = new GroupCommit<CheckoutDraft, IntakeResult>({
    name: 'checkouts to store',
    lingerMs: INTAKE_LINGER_MS,
    itemsMax: INTAKE_MAX,
    weigh: (checkout) => checkout.lines.length,
    weightMax: INTAKE_LINES_MAX,
    queueMax: INTAKE_WAITING_MAX,
    queueWeightMax: INTAKE_LINES_WAITING_MAX,
    waitMsMax: INTAKE_WAIT_MS_MAX,
    commit: async (group) => {
      const named = group.map(assignJobs(group, queue.partitions));
      const results = await insertEach(store.checkouts, named);
      enqueue(named.filter((_, index) => isStored(results[index])));
      return results;
    },
  });
  const cartCheckouts = new GroupCommit<CartIntent<CheckoutDraft>, IntakeResult>({
    name: 'checkouts of carts to store',
    lingerMs: INTAKE_LINGER_MS,
    itemsMax: CART_INTAKE_MAX,
    weigh: ({ checkout }) => checkout.lines.length,
    weightMax: CART_INTAKE_LINES_MAX,
    parallelMax: CART_INTAKE_GROUPS_MAX,
    queueMax: INTAKE_WAITING_MAX,
    queueWeightMax: INTAKE_LINES_WAITING_MAX,
    waitMsMax: INTAKE_WAIT_MS_MAX,
    commit: async (group) => {
      const drafts = group.map(({ checkout }) => checkout);
      const toRecord = assignJobs(drafts, queue.partitions);
      const named = group.map(({ checkout, cart }, index) => ({
        checkout: toRecord(checkout, index),
        cart,
      }));
      const results = await storeWithCarts(store, named);
      const stored = named.filter((_, index) => isStored(results[index]));
      enqueue(stored.map(({ checkout }) => checkout));
      return results;
    },
  });
  return {
    store: (checkout, cart) => {
      const stored =
        cart === undefined ? checkouts.submit(checkout) : cartCheckouts.submit({ checkout, cart });
      return withDeadline('storing', ACCEPT_TIMEOUT_MS, stored);
    },
  };
}

/** Returns a function that gives each draft of a group the job that it shares with its neighbours. */
function assignJobs(
  drafts: readonly CheckoutDraft[],
  partitions: number,
): (draft: CheckoutDraft, index: number) => CheckoutRecord {
  const checkouts = drafts.map(({ _id, lines }) => ({
    ...{ checkoutId: _id, productId: toHomeProduct(lines) },
  }));
  const toJobId = ({ checkoutId }: { checkoutId: string }) => settleJobId(checkoutId, 0);
  const jobIds = nameJobs(checkouts, partitions, toJobId);
  return (draft, index) => ({ ...draft, jobId: jobIds[index] ?? settleJobId(draft._id, 0) });
}

function isStored(result: Settled<IntakeResult> | undefined): boolean {
  return result !== undefined && 'value' in result && result.value === 'stored';
}
