import { humanText } from '../../shared/contract/text.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import type { Principal } from '../http/principal.ts';

const BUYER_ID_LENGTH_MAX = 128;

/** The storefront's own id of a buyer. Surrounding blanks are removed: `bob ` is `bob`. */
export const buyerId = humanText(BUYER_ID_LENGTH_MAX).min(1);

/**
 * Returns the id of the buyer of a request. A caller with a key names the buyer; a buyer acts for
 * itself.
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
  const fields = [
    {
      path: 'buyerId',
      message: 'Omit this field or send the id of the buyer whose token this is.',
    },
  ];
  throw new RefusedError('forbidden', 'A buyer token cannot act for another buyer.', fields);
}
