import { RefusedError } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { type AuditedCaller, toAuditDraft } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { CheckoutsContext } from './context.ts';
import { requireVisible } from './wait-for-outcome.ts';

type Caller = AuditedCaller<CheckoutsContext>;

/**
 * Withdraws a checkout of the caller that is queued or waiting. A repeated withdrawal changes
 * nothing.
 * @throws RefusedError not_found, or checkout_settled with the status of the checkout
 */
export async function withdrawCheckout(
  caller: Caller,
  checkoutId: string,
): Promise<CheckoutRecord> {
  const { context, principal } = caller;
  const { lines } = requireVisible(principal, await context.outcomes.read(checkoutId));
  const submitted = context.withdrawals.submit({
    checkoutId,
    lines: lines.length,
    ...(principal.kind !== 'key' && {
      audit: toAuditDraft(caller, 'checkout.withdrawn', { target: checkoutId }),
    }),
  });
  const result = await withDeadline('withdrawing', WRITE_TIMEOUT_MS, submitted);
  if (result.kind === 'missing') return requireVisible(principal, undefined);
  const { kind, checkout } = result;
  if (kind !== 'settled') return checkout;
  const { status } = checkout;
  const detail = `The checkout is ${status}.${status === 'placed' ? ' Cancel its orders instead.' : ''}`;
  throw new RefusedError('checkout_settled', detail, [], { checkoutStatus: status });
}
