import { humanText } from '../../shared/contract/text.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import type { Principal } from '../http/principal.ts';

const BUYER_ID_LENGTH_MAX = 128;

/** The storefront's own name for a buyer, without surrounding blanks: `bob ` is `bob`. */
export const buyerId = humanText(BUYER_ID_LENGTH_MAX).min(1);

/**
 * Returns the buyer of a request. A key names the buyer; a buyer acts only for itself.
 * @throws RefusedError invalid_request if no buyer is named, forbidden if a buyer names another
 */
export function resolveBuyer(principal: Principal, named: string | undefined): string {
  const resolved = principal.buyerId ?? named;
  if (resolved === undefined) {
    throw refuseField(
      'invalid_request',
      'buyerId',
      'A request with an API key must name the buyer.',
    );
  }
  if (named === undefined || named === resolved) return resolved;
  const fields = [{ path: 'buyerId', message: 'A buyer acts for itself.' }];
  throw new RefusedError('forbidden', 'This is for another buyer.', fields);
}
