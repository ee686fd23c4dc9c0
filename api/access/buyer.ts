import { humanText } from '../../shared/contract/text.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import type { Principal } from '../http/principal.ts';

const BUYER_ID_LENGTH_MAX = 128;

/** The storefront's own id of a buyer. Surrounding blanks are removed: `bob ` is `bob`. */
export const buyerId = humanText(BUYER_ID_LENGTH_MAX).min(1);

/**
 * Returns the id of the buyer that a request is for. A request with an API key must name the buyer;
 * a request with a buyer token is for the buyer of the token.
 * @param namedId the `buyerId` in the request
 * @throws RefusedError invalid_request if a request with a key names no buyer, forbidden if a request
 * with a buyer token names another buyer
 */
export function resolveBuyer(principal: Principal, namedId: string | undefined): string {
  const buyerId = principal.buyerId ?? namedId;
  if (buyerId === undefined) {
    throw refuseField(
      'invalid_request',
      'buyerId',
      'A request with an API key must name the buyer.',
    );
  }
  if (namedId === undefined || namedId === buyerId) return buyerId;
  const fields = [
    {
      path: 'buyerId',
      message: 'Omit this field or send the id of the buyer whose token this is.',
    },
  ];
  throw new RefusedError('forbidden', 'A buyer token cannot act for another buyer.', fields);
}
