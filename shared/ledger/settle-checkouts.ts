import { shopParts } from '../domain/lines.ts';
import type { Rejection } from '../domain/rejection.ts';
import type { CheckoutStatus } from '../domain/vocabulary.ts';
import { errorMessage } from '../runtime/error-message.ts';
import { toOrderId } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import { isRetryable } from '../store/transaction.ts';
import { commit, rehearse } from './commit.ts';
import { withoutLapsed } from './expire-orders.ts';
import type { LedgerContext } from './ledger.ts';
import { parkCheckout } from './park-checkout.ts';
import { byAcceptance } from './settling/by-acceptance.ts';
import { type Candidates, decideBatch, type SettledBatch } from './settling/decide-batch.ts';
import { listDiscountIds, readCheckouts, readStillOpen } from './settling/read-batch.ts';

/** The outcome of a checkout, whichever process settled it. */
export interface SettledCheckout {
  readonly checkoutId: string;
  readonly status: CheckoutStatus | 'missing';
  readonly orderIds: readonly string[];
  readonly rejection?: Rejection;
  readonly acceptedAt?: Date;
  readonly settledAt?: Date;
}

/**
 * The maximum number of transactions in one call. If many checkouts wait, a call serves about
 * 10,000 of them, which takes one to two seconds. Without this bound, checkouts of other products
 * would have to wait until all of them are served.
 */
const ROUNDS_MAX = 40;

/**
 * Settles a batch of checkouts, usually in one transaction, in the order in which they were
 * accepted. A checkout that is no longer open keeps its outcome, which is returned. No checkout is
 * refused for units or discount uses that lapsed orders hold: such orders are expired first.
 * Checkouts that wait for units of the same variants join the batch, so that no later checkout gets
 * units before them; if they are too many for one transaction, the later checkouts are decided in
 * the next one. After `ROUNDS_MAX` transactions the undecided checkouts are returned as they are,
 * `queued` or `waiting`, and the caller calls again.
 * @throws the error of a transaction; checkouts that earlier transactions of the call decided keep
 *   their outcomes
 */
export async function settleCheckouts(
  context: LedgerContext,
  checkoutIds: readonly string[],
): Promise<SettledCheckout[]> {
  const pickedUpAt = context.clock.now();
  const records = await readCheckouts(context.store, checkoutIds);
  let open: readonly CheckoutRecord[] = [...records.values()].filter(canSettle).sort(byAcceptance);
  let isLast = false;
  for (let round = 1; open.length > 0 && round <= ROUNDS_MAX; round += 1) {
    const settled = await settleOpen(context, open, { pickedUpAt, isLast });
    for (const record of settled.records)
      if (records.has(record._id)) records.set(record._id, record);
    await readMissed(context, open, settled, records);
    // Each round settles checkouts of the batch or waiting checkouts, so the rounds end.
    isLast = !settled.hasServed && settled.postponed.length === open.length;
    open = settled.postponed;
  }
  return checkoutIds.map((id) => toSettled(id, records.get(id)));
}

/**
 * Returns whether a checkout is queued or waits for units. An entry of a draw waits for its draw
 * instead.
 */
function canSettle({ status, waitUntil }: CheckoutRecord): boolean {
  return status === 'queued' || (status === 'waiting' && waitUntil !== undefined);
}

/**
 * Reads the checkouts that this round left out, because other processes have settled them
 * meanwhile.
 */
async function readMissed(
  { store }: LedgerContext,
  open: readonly CheckoutRecord[],
  settled: SettledBatch,
  records: Map<string, CheckoutRecord>,
): Promise<void> {
  const known = new Set([...settled.records, ...settled.postponed].map(({ _id }) => _id));
  const missed = open.filter(({ _id }) => !known.has(_id)).map(({ _id }) => _id);
  for (const [id, record] of await readCheckouts(store, missed)) records.set(id, record);
}

type SettlingTerms = Pick<Candidates, 'pickedUpAt' | 'isLast'>;

/**
 * Settles open checkouts. A waiting checkout that has joined them and can never be settled does not
 * block the others: it is parked.
 */
async function settleOpen(
  context: LedgerContext,
  open: readonly CheckoutRecord[],
  terms: SettlingTerms,
): Promise<SettledBatch> {
  const joined = new Map<string, CheckoutRecord>();
  const join = (checkouts: readonly CheckoutRecord[]) => {
    for (const checkout of checkouts) joined.set(checkout._id, checkout);
  };
  try {
    return await settleOnce(context, open, terms, join);
  } catch (error) {
    for (const { _id } of open) joined.delete(_id);
    if (isRetryable(error)) throw error;
    const suspects = { waiting: [...joined.values()], isThorough: open.length === 1 };
    if (!(await parkUnsettleable(context, suspects, terms))) throw error;
    return settleOnce(context, open, terms, join);
  }
}

/**
 * Parks each waiting checkout that cannot be settled. They are only tried: to settle them would
 * give them units before older checkouts of the batch. They are first tried together, and one by
 * one if that fails, or if the caller would otherwise park its only checkout.
 * @returns whether a checkout was parked
 */
async function parkUnsettleable(
  context: LedgerContext,
  { waiting, isThorough }: { readonly waiting: readonly CheckoutRecord[]; isThorough: boolean },
  terms: SettlingTerms,
): Promise<boolean> {
  if (waiting.length === 0) return false;
  if (!isThorough && (await findFault(context, waiting, terms)) === undefined) return false;
  let isParked = false;
  for (const checkout of waiting) {
    const fault = await findFault(context, [checkout], terms);
    if (fault === undefined) continue;
    isParked = (await parkCheckout(context, checkout._id, errorMessage(fault))) || isParked;
  }
  return isParked;
}

/**
 * Returns the error, if any, with which these checkouts fail if they are settled without others.
 * Changes nothing.
 * @throws an error that a retry can fix
 */
async function findFault(
  context: LedgerContext,
  checkouts: readonly CheckoutRecord[],
  terms: SettlingTerms,
): Promise<unknown> {
  const alone = { ...terms, isFinal: true, isAlone: true, onJoined: () => undefined };
  try {
    await rehearse(context, listLockNames(checkouts), async (session) => {
      const open = await readStillOpen(context.store, session, checkouts);
      return decideBatch(context, session, { open, isReadBefore: false, ...alone });
    });
    return undefined;
  } catch (error) {
    if (isRetryable(error)) throw error;
    return error;
  }
}

function listLockNames(checkouts: readonly CheckoutRecord[]): string[] {
  const products = checkouts.flatMap((record) => record.lines.map((line) => line.productId));
  return [...products, ...listDiscountIds(checkouts)];
}

async function settleOnce(
  context: LedgerContext,
  open: readonly CheckoutRecord[],
  terms: SettlingTerms,
  onJoined: (joined: readonly CheckoutRecord[]) => void,
): Promise<SettledBatch> {
  const settled = await withoutLapsed(context, (isFinal) => {
    let isFirstTry = true;
    return commit(context, listLockNames(open), async (session) => {
      // The checkouts have hardly ever changed since they were read. If one of them has, a
      // condition of the writes fails, and the next try reads which are still open at its snapshot.
      const batch = isFirstTry ? open : await readStillOpen(context.store, session, open);
      const isReadBefore = isFirstTry;
      isFirstTry = false;
      const candidates = { open: batch, isReadBefore, isFinal, isAlone: false, ...terms, onJoined };
      return decideBatch(context, session, candidates);
    });
  });
  if (settled.freeMs.length > 0) context.onServed?.(settled.freeMs);
  if (settled.unread.length > 0) context.onFreed?.(settled.unread);
  return settled;
}

function toSettled(checkoutId: string, record: CheckoutRecord | undefined): SettledCheckout {
  if (record === undefined) return { checkoutId, status: 'missing', orderIds: [] };
  const { status, rejection, acceptedAt, settledAt } = record;
  const orderIds =
    status === 'placed'
      ? shopParts(record.lines).map((part) => toOrderId(checkoutId, part.shopId))
      : [];
  return {
    checkoutId,
    status,
    orderIds,
    acceptedAt,
    ...(rejection && { rejection }),
    ...(settledAt && { settledAt }),
  };
}
