import { IDEMPOTENCY_KEY_KEPT_HOURS } from '../../shared/contract/limits.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { CheckoutDraft, CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { listWaitKeys } from '../../shared/store/collections/waits.ts';
import { cartMutexKey } from '../carts/change-cart.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { CheckoutsContext } from './context.ts';
import { storeEntry } from './entry-intake.ts';
import { type CheckoutCommand, freezeOrRefuse } from './freeze-checkout.ts';
import { hashRequest, isSameRequest, type RequestHashes } from './request-hash.ts';

const KEY_KEPT_MS = IDEMPOTENCY_KEY_KEPT_HOURS * 60 * 60 * 1_000;
const TRIES_MAX = 5;
const CART_TRIES_MAX = 200;
const CART_PAUSE_MS_MAX = 10;
const ORIGINAL_READS_MAX = 100;
const ORIGINAL_READ_EVERY_MS = 20;

/** The checkout of a request. */
export interface AcceptedCheckout {
  readonly record: CheckoutRecord;
  /** Whether an earlier request with the same key created it. */
  readonly isReplay: boolean;
}

/**
 * Accepts a checkout: freezes its prices, stores it and enqueues its job. A repeat with the same
 * key within 24 hours gets the original checkout, whatever has happened since. The original is
 * looked up only after the unique index has refused the insert or the request itself is refused, so
 * the common case costs a single insert. A checkout of a cart has the lines that the cart has when
 * the checkout is stored.
 * @throws RefusedError if the input is refused or the key was used for another request; overloaded
 *   or service_unavailable after too many conflicts with other requests
 */
export async function acceptCheckout(
  context: CheckoutsContext,
  command: CheckoutCommand,
): Promise<AcceptedCheckout> {
  const key = command.idempotencyKey;
  const hashes = hashRequest(command.request);
  const accepted = await retryOnConflict({ triesMax: TRIES_MAX }, async () => {
    const result = await attempt(context, command, hashes);
    if (result instanceof RefusedError) {
      // The request may repeat one that was acceptable when it was first sent.
      if (!(await waitUntilStored(context, key))) return undefined;
      const original = await readOriginal(context, key);
      if (original === undefined || isKeyExpired(context, original)) throw result;
      return { record: checkSameRequest(original, hashes), isReplay: true };
    }
    if (result !== 'duplicate') return { record: result, isReplay: false };
    const original = await waitForOriginal(context, key);
    if (original !== undefined && !(await releaseIfExpired(context, original))) {
      return { record: checkSameRequest(original, hashes), isReplay: true };
    }
    return undefined;
  });
  if (accepted !== undefined) return accepted;
  throw new RefusedError(
    'service_unavailable',
    'Other requests use this Idempotency-Key at the same time. Try again.',
  );
}

type Attempt = CheckoutRecord | RefusedError | 'duplicate';

/**
 * Tries to store the checkout. A checkout of a cart is stored under the mutex of its cart, so that
 * other requests to this process do not change the cart meanwhile. The mutex only saves retries: if
 * its queue is full, the checkout is stored without the mutex.
 */
async function attempt(
  context: CheckoutsContext,
  command: CheckoutCommand,
  hashes: RequestHashes,
): Promise<Attempt> {
  const { cartId } = command.request;
  const work = () => retryIfChanged(() => attemptOnce(context, command, hashes));
  if (cartId === undefined) return work();
  const mutexKey = cartMutexKey(command.principal, cartId);
  return context.cartMutex.hasRoom(mutexKey) ? context.cartMutex.run(mutexKey, work) : work();
}

/**
 * Tries again if the cart changed while it was priced, or if the buyer’s earlier wait that blocked
 * the checkout has ended. Other processes can change the cart, because the mutex does not exclude
 * them.
 */
async function retryIfChanged(
  tryOnce: () => Promise<Attempt | 'cart_changed' | 'wait_ended'>,
): Promise<Attempt> {
  const bounds = { triesMax: CART_TRIES_MAX, pauseMsMax: CART_PAUSE_MS_MAX };
  const result = await retryOnConflict({ ...bounds, timeoutMs: WRITE_TIMEOUT_MS }, async () => {
    const tried = await tryOnce();
    return tried === 'cart_changed' || tried === 'wait_ended' ? undefined : tried;
  });
  return (
    result ??
    new RefusedError(
      'overloaded',
      'Too many requests change this cart at the same time. Try again.',
      [],
      { reason: 'cart_contention' },
    )
  );
}

async function attemptOnce(
  context: CheckoutsContext,
  command: CheckoutCommand,
  hashes: RequestHashes,
): Promise<Attempt | 'cart_changed' | 'wait_ended'> {
  const frozen = await freezeOrRefuse(context, command, hashes);
  if (frozen instanceof RefusedError) return frozen;
  const { record, cart, draw } = frozen;
  if (draw !== undefined) return storeEntry(context, record, draw);
  const stored = await context.intake.store(record, cart);
  return stored === 'duplicate' && record.waitUntil ? findTakenKey(context, record) : stored;
}

/**
 * Finds out why a checkout that may wait was not stored.
 * @returns `duplicate` if the Idempotency-Key is taken, a refusal if the buyer already waits for
 *   one of the variants, and `wait_ended` if neither is the case any more
 */
async function findTakenKey(
  { store }: CheckoutsContext,
  checkout: CheckoutDraft,
): Promise<RefusedError | 'duplicate' | 'wait_ended'> {
  const { idempotencyKey = '' } = checkout;
  const options = { maxTimeMS: READ_TIMEOUT_MS, projection: { _id: 1 } };
  const original = await store.checkouts.findOne({ idempotencyKey }, options);
  if (original !== null) return 'duplicate';
  const keys = { $in: listWaitKeys(checkout) };
  const wait = await store.waits.findOne<{ readonly _id: string }>({ keys }, options);
  if (wait === null) return 'wait_ended';
  const { _id: checkoutId } = wait;
  const message =
    'The buyer already waits for a variant of this checkout, with the checkout ' +
    `${checkoutId}. Withdraw that checkout first.`;
  return refuseField('already_waiting', 'whenSoldOut', message, { checkoutId });
}

function checkSameRequest(original: CheckoutRecord, hashes: RequestHashes): CheckoutRecord {
  if (isSameRequest(original.requestHash, hashes)) return original;
  throw new RefusedError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request.',
    [{ path: 'Idempotency-Key', message: `The key belongs to the checkout ${original._id}.` }],
    { checkoutId: original._id },
  );
}

/**
 * Waits while this process stores an earlier request with this key. Returns false if that takes
 * longer than 100 checks, about 2 s. Only refused requests wait, so others need not be remembered
 * by their keys.
 */
async function waitUntilStored(
  { intake, entries }: CheckoutsContext,
  key: string,
): Promise<boolean> {
  const isStoring = () =>
    intake.isStoring(key) || entries.has(({ idempotencyKey }) => idempotencyKey === key);
  for (let checks = 1; checks <= ORIGINAL_READS_MAX; checks += 1) {
    if (!isStoring()) return true;
    await pause(ORIGINAL_READ_EVERY_MS);
  }
  return false;
}

/**
 * Waits until the majority has stored the checkout with this key, so that no failover undoes it.
 * Returns undefined after 100 reads, about 2 s.
 */
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
  const original = await context.store.checkouts.findOne<CheckoutRecord>(
    { idempotencyKey: key },
    { readConcern: { level: 'majority' }, maxTimeMS: READ_TIMEOUT_MS },
  );
  return original ?? undefined;
}

function isKeyExpired(context: CheckoutsContext, original: CheckoutRecord): boolean {
  return context.clock.now().getTime() - original.acceptedAt.getTime() > KEY_KEPT_MS;
}

/** Releases the key of a checkout accepted more than a day ago; returns whether it did. */
async function releaseIfExpired(
  context: CheckoutsContext,
  original: CheckoutRecord,
): Promise<boolean> {
  if (!isKeyExpired(context, original)) return false;
  const { _id, drawId } = original;
  const release = { $unset: { idempotencyKey: '' } } as const;
  // A repeated entry in a draw is recognised by the key in `drawEntries`.
  if (drawId !== undefined) await context.store.drawEntries.updateOne({ _id }, release);
  await context.store.checkouts.updateOne({ _id }, release);
  return true;
}
