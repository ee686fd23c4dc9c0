import { WAIT_DAYS_MAX, WAIT_LINES_MAX } from '../../shared/contract/limits.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import type { CheckoutDraft } from '../../shared/store/collections/checkouts.ts';
import type { Principal } from '../http/principal.ts';
import { toStorefront } from '../storefronts/storefront-policies.ts';
import type { CheckoutsContext } from './context.ts';

const WAIT_MS_MAX = WAIT_DAYS_MAX * 24 * 60 * 60 * 1_000;
const FIELD = 'whenSoldOut';

interface WaitRequest {
  readonly whenSoldOut: { readonly waitUntil: string };
  readonly lines: readonly PricedLine[];
  readonly acceptedAt: Date;
}

/**
 * Freezes how long a checkout waits for units. Besides the seller's own storefronts, only
 * storefronts that the seller lists may let buyers wait, as with purchase limits: a limit of one
 * wait per buyer means nothing if a storefront can invent buyers.
 * @throws RefusedError invalid_request or storefront_not_listed
 */
export async function freezeWait(
  { storefrontPolicies }: Pick<CheckoutsContext, 'storefrontPolicies'>,
  principal: Principal,
  { whenSoldOut, lines, acceptedAt }: WaitRequest,
): Promise<Required<Pick<CheckoutDraft, 'waitUntil'>>> {
  const waitUntil = new Date(whenSoldOut.waitUntil);
  const waitMs = waitUntil.getTime() - acceptedAt.getTime();
  if (waitMs <= 0)
    throw refuseField('invalid_request', `${FIELD}.waitUntil`, 'The time must be in the future.');
  if (waitMs > WAIT_MS_MAX) {
    const message = `The time must be at most ${WAIT_DAYS_MAX} days from now.`;
    throw refuseField('invalid_request', `${FIELD}.waitUntil`, message);
  }
  if (lines.length > WAIT_LINES_MAX) {
    const message = `A checkout that may wait has at most ${WAIT_LINES_MAX} lines.`;
    throw refuseField('invalid_request', FIELD, message);
  }
  const sellerIds = [...new Set(lines.map(({ shopId }) => shopId))].filter(
    (shopId) => shopId !== principal.shopId,
  );
  if (sellerIds.length > 0) {
    const rights = await storefrontPolicies.rightsOver(toStorefront(principal), sellerIds);
    const shopId = sellerIds.find((id) => rights.get(id)?.maySellLimited !== true);
    if (shopId !== undefined) {
      const message =
        'Only the seller’s own storefronts and storefronts that it lists can let buyers wait.';
      throw refuseField('storefront_not_listed', FIELD, message, { shopId });
    }
  }
  return { waitUntil };
}
