import { hash } from 'node:crypto';
import { IDEMPOTENCY_KEY_KEPT_HOURS } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { cartMutexKey } from '../carts/change-cart.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { CheckoutsContext } from './context.ts';
import { type CheckoutCommand, freezeOrRefuse } from './freeze-checkout.ts';

const KEY_KEPT_MS = IDEMPOTENCY_KEY_KEPT_HOURS * 60 * 60 * 1_000;
const TRIES_MAX = 5;
const CART_TRIES_MAX = 200;
const CART_PAUSE_MS_MAX = 10;
const ORIGINAL_READS_MAX = 100;
const ORIGINAL_READ_EVERY_MS = 20;

/** What a request for a checkout comes to. */
interface AcceptedCheckout {
  readonly record: CheckoutRecord;
  /** Whether an earlier request under the same key made it. */
  readonly isReplay: boolean;
}

/**
 * Accepts a checkout: freezes its prices, stores it, and wakes a worker. A repeat under the same
 * key gets the first one, whatever has happened since; nothing is looked up for it before the
 * unique index has spoken, so the common case costs a single insert. Of a cart it takes what is in
 * it at the moment of storing.
 * @throws RefusedError for bad input or a key that stands for another request
 */
export async function acceptCheckout(
  context: CheckoutsContext,
  command: CheckoutCommand,
): Promise<AcceptedCheckout> {
  const key = command.idempotencyKey;
  const requestHash = hash('sha256', JSON.stringify(command.request));
  const accepted = await retryOnConflict({ triesMax: TRIES_MAX }, async () => {
    const result = await attempt(context, command, requestHash);
    if (result instanceof RefusedError) {
      // What is no longer acceptable may be a repeat of what once was.
      const earlier = await readOriginal(context, key);
      if (earlier === undefined || isKeyExpired(context, earlier)) throw result;
      return { record: checkSameRequest(earlier, requestHash), isReplay: true };
    }
    if (result !== 'duplicate') return { record: result, isReplay: false };
    const original = await waitForOriginal(context, key);
    if (original !== undefined && !(await releaseIfExpired(context, original))) {
      return { record: checkSameRequest(original, requestHash), isReplay: true };
    }
    return undefined;
  });
  if (accepted !== undefined) return accepted;
  throw new RefusedError('service_unavailable', 'Others use this key at the same time.');
}

type Attempt = CheckoutRecord | RefusedError | 'duplicate';

/**
 * A cart is taken in turn with its other changes of this process. Turns decide nothing: when too
 * many wait for them it is done without.
 */
async function attempt(
  context: CheckoutsContext,
  command: CheckoutCommand,
  requestHash: string,
): Promise<Attempt> {
  const { cartId } = command.request;
  const work = () => retryIfCartChanged(() => attemptOnce(context, command, requestHash));
  if (cartId === undefined) return work();
  const turn = cartMutexKey(command.principal, cartId);
  return context.cartMutex.hasRoom(turn) ? context.cartMutex.run(turn, work) : work();
}

/** Other processes know nothing of our turns, and may change the cart while it is being priced. */
async function retryIfCartChanged(once: () => Promise<Attempt | 'cart_changed'>): Promise<Attempt> {
  const bounds = { triesMax: CART_TRIES_MAX, pauseMsMax: CART_PAUSE_MS_MAX };
  const result = await retryOnConflict({ ...bounds, timeoutMs: WRITE_TIMEOUT_MS }, async () => {
    const tried = await once();
    return tried === 'cart_changed' ? undefined : tried;
  });
  return result ?? new RefusedError('overloaded', 'Too many change this cart at the same time.');
}

async function attemptOnce(
  context: CheckoutsContext,
  command: CheckoutCommand,
  requestHash: string,
): Promise<Attempt | 'cart_changed'> {
  const frozen = await freezeOrRefuse(context, command, requestHash);
  if (frozen instanceof RefusedError) return frozen;
  const stored = await context.intake.store(frozen.record, frozen.cart);
  if (stored !== 'stored') return stored;
  return frozen.record;
}

function checkSameRequest(original: CheckoutRecord, requestHash: string): CheckoutRecord {
  if (original.requestHash === requestHash) return original;
  throw new RefusedError(
    'idempotency_key_reused',
    'This Idempotency-Key stands for another request.',
    [{ path: 'Idempotency-Key', message: `It stands for ${original._id}.` }],
    { checkoutId: original._id },
  );
}

/** The one that holds the key, once the majority has it: only then may it be promised again. */
async function waitForOriginal(
  context: CheckoutsContext,
  key: string,
): Promise<CheckoutRecord | undefined> {
  for (let reads = 1; reads <= ORIGINAL_READS_MAX; reads += 1) {
    const original = await readOriginal(context, key);
    if (original !== undefined) return original;
    await pause(ORIGINAL_READ_EVERY_MS);
  }
  return undefined;
}

async function readOriginal(
  context: CheckoutsContext,
  key: string,
): Promise<CheckoutRecord | undefined> {
  const found = await context.store.checkouts.findOne<CheckoutRecord>(
    { idempotencyKey: key },
    { readConcern: { level: 'majority' }, maxTimeMS: READ_TIMEOUT_MS },
  );
  return found ?? undefined;
}

function isKeyExpired(context: CheckoutsContext, original: CheckoutRecord): boolean {
  return context.clock.now().getTime() - original.acceptedAt.getTime() > KEY_KEPT_MS;
}

/** Frees the key of a checkout accepted more than a day ago; answers whether it did. */
async function releaseIfExpired(
  context: CheckoutsContext,
  original: CheckoutRecord,
): Promise<boolean> {
  if (!isKeyExpired(context, original)) return false;
  await context.store.checkouts.updateOne(
    { _id: original._id },
    { $unset: { idempotencyKey: '' } },
  );
  return true;
}
