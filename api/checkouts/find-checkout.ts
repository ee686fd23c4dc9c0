import { RefusedError } from '../../shared/domain/errors.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { isCheckoutVisibleTo } from '../access/visibility.ts';
import type { Principal } from '../http/principal.ts';

/** @throws RefusedError not_found when there is none, or when it is none of the caller's business */
export function visibleTo(
  principal: Principal,
  record: CheckoutRecord | undefined,
): CheckoutRecord {
  if (record !== undefined && isCheckoutVisibleTo(principal, record)) return record;
  throw new RefusedError('not_found', 'There is no such checkout.');
}
