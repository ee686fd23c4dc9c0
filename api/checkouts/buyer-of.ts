import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import type { Principal } from '../http/principal.ts';

/**
 * For whom a request is made: a key names its buyer, a buyer acts for itself and for no other.
 * @throws RefusedError invalid_request without a buyer, forbidden for another one
 */
export function buyerOf(principal: Principal, named: string | undefined): string {
  const buyerId = principal.buyerId ?? named;
  if (buyerId === undefined) {
    throw refuseField('invalid_request', 'buyerId', 'With a key the buyer must be named.');
  }
  if (named === undefined || named === buyerId) return buyerId;
  const fields = [{ path: 'buyerId', message: 'A buyer acts for itself.' }];
  throw new RefusedError('forbidden', 'This is for another buyer.', fields);
}
