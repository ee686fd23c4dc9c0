import { RefusedError } from '../../shared/domain/errors.ts';
import { isOpenStatus } from '../../shared/domain/vocabulary.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { createRecheck } from '../access/recheck.ts';
import { isCheckoutVisibleTo } from '../access/visibility.ts';
import type { Principal } from '../http/principal.ts';
import type { AcceptedCheckout } from './accept-checkout.ts';
import type { CheckoutsContext } from './context.ts';

/** A caller that waits for an outcome. */
export interface WaitingCaller {
  readonly context: Pick<CheckoutsContext, 'outcomes' | 'waitSlots'>;
  readonly principal: Principal;
  checkStillAuthorized(): Promise<void>;
}

interface Wait {
  readonly waitMs: number;
  /** The checkout, if this request has just stored it and its job is not sent yet. */
  readonly stored?: CheckoutRecord | undefined;
  /** Ends the wait early, for example because the caller disconnected. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns a checkout; if it has no outcome yet, waits up to `waitMs` for the outcome. A checkout
 * that was just stored is not read before the wait.
 * @throws RefusedError not_found; too_many_waits or overloaded if no slot is free for the wait;
 *   unauthenticated if the caller's credentials end during the wait
 */
export async function waitForOutcome(
  caller: WaitingCaller,
  checkoutId: string,
  { waitMs, signal, stored }: Wait,
): Promise<CheckoutRecord> {
  const { outcomes, waitSlots } = caller.context;
  const check = createWaitCheck(caller);
  let leave: (() => void) | undefined;
  try {
    const record = await outcomes.settled(checkoutId, {
      timeoutMs: waitMs,
      signal,
      stored,
      check: async (current) => {
        const { status } = await check(current);
        if (waitMs > 0 && isOpenStatus(status)) leave ??= waitSlots.take('wait', caller.principal);
      },
    });
    return requireVisible(caller.principal, record);
  } finally {
    leave?.();
  }
}

/**
 * Waits for the outcome of an accepted checkout. Returns undefined if there is no outcome in time,
 * or the wait is refused or fails: the checkout is accepted nevertheless, and the caller gets a
 * 202.
 */
export async function tryToWait(
  caller: WaitingCaller,
  { record: accepted, isReplay, ...wait }: Omit<Wait, 'stored'> & AcceptedCheckout,
): Promise<CheckoutRecord | undefined> {
  // The job of a new checkout is sent in a later turn of the event loop, after this wait has begun.
  // If another process settles the checkout even earlier, the next read, a second later, finds the
  // outcome. The record of a repeat may have changed since it was read.
  const stored = isReplay ? undefined : accepted;
  const waited = waitForOutcome(caller, accepted._id, { ...wait, stored });
  const record = await waited.catch(() => undefined);
  return record === undefined || isOpenStatus(record.status) ? undefined : record;
}

/**
 * Returns a function that checks each record that is read during a wait. It verifies that the
 * caller may see the checkout and, once a second, that the caller's credentials are still valid.
 */
export function createWaitCheck({ principal, checkStillAuthorized }: WaitingCaller) {
  const checkAgain = createRecheck(checkStillAuthorized);
  return async (current: CheckoutRecord | undefined): Promise<CheckoutRecord> => {
    const record = requireVisible(principal, current);
    await checkAgain();
    return record;
  };
}

/**
 * Returns the checkout if the caller may see it.
 * @throws RefusedError not_found
 */
export function requireVisible(
  principal: Principal,
  record: CheckoutRecord | undefined,
): CheckoutRecord {
  if (record !== undefined && isCheckoutVisibleTo(principal, record)) return record;
  throw new RefusedError('not_found', 'There is no such checkout.');
}
