import { assignCharges, type ShopCharge, sumCharges } from '../../shared/domain/charges.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import { shopParts } from '../../shared/domain/lines.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import { createTimer } from '../../shared/runtime/clock.ts';
import { DeadlineError } from '../../shared/runtime/deadline.ts';
import { PRICING_MS_MAX } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import {
  type PriceableRequest,
  type PricedRequest,
  priceRequest,
} from '../pricing/price-request.ts';
import { toStorefront } from '../storefronts/storefront-policies.ts';
import type { CheckoutsContext } from './context.ts';
import type { CheckoutBody } from './schemas.ts';

const NO_SHOPS: readonly string[] = [];
const NO_CHARGES: readonly never[] = [];

/** A checkout is priced at most this many times. */
const PRICINGS_MAX = 3;

/** The values that a checkout freezes, and the time of its acceptance. */
interface FrozenPrices {
  readonly priced: PricedRequest;
  readonly charges: readonly ShopCharge[];
  /**
   * The shops whose orders are free and may be confirmed by the storefront. Settlement confirms
   * these orders if the storefront still has this right.
   */
  readonly confirmFreeOf: readonly string[];
  readonly acceptedAt: Date;
}

/**
 * Prices a checkout. Sale times come with the prices, so both must be recent when the checkout is
 * accepted: the response to a change of sale times waits until no checkout can use the earlier
 * times (`OFFER_MS_MAX`).
 * @throws RefusedError as `priceRequest` and `freezeCharges`
 * @throws DeadlineError if pricing is too slow three times in a row
 */
export async function priceInTime(
  context: CheckoutsContext,
  principal: Principal,
  request: PriceableRequest & Pick<CheckoutBody, 'charges'>,
): Promise<FrozenPrices> {
  for (let pricing = 1; pricing <= PRICINGS_MAX; pricing += 1) {
    const timer = createTimer(context.clock);
    const startedMs = timer.now();
    const priced = await priceRequest(context, principal, request);
    const charges = freezeCharges(request, priced);
    const confirmFreeOf = await findFreeShops(context, principal, priced.lines, charges);
    const acceptedAt = context.clock.now();
    if (timer.now() - startedMs < PRICING_MS_MAX) {
      return { priced, charges, confirmFreeOf, acceptedAt };
    }
  }
  throw new DeadlineError('pricing a checkout', PRICING_MS_MAX);
}

/**
 * Assigns the charges of a request to the shops of its lines.
 * @throws RefusedError invalid_request, or amount_too_large
 */
export function freezeCharges(
  { charges = NO_CHARGES }: Pick<CheckoutBody, 'charges'>,
  { lines, total }: Pick<PricedRequest, 'lines' | 'total'>,
): readonly ShopCharge[] {
  if (charges.length === 0) return NO_CHARGES;
  const assigned = assignCharges(charges, new Set(lines.map(({ shopId }) => shopId)));
  if (total + sumCharges(assigned) <= AMOUNT_MAX) return assigned;
  throw refuseField('amount_too_large', 'charges', `The total may be at most ${AMOUNT_MAX}.`);
}

/**
 * Returns the shops whose order is free and whose orders the caller's storefront may confirm. These
 * orders need no payment, so settlement confirms them if the storefront still may do so.
 */
async function findFreeShops(
  { storefrontPolicies }: CheckoutsContext,
  principal: Principal,
  lines: readonly PricedLine[],
  charges: readonly ShopCharge[],
): Promise<readonly string[]> {
  // Most checkouts have no free line and skip the rest.
  if (!lines.some(isFree)) return NO_SHOPS;
  const sellers = shopParts(lines, charges)
    .filter(({ total }) => total === 0)
    .map(({ shopId }) => shopId);
  if (sellers.length === 0) return NO_SHOPS;
  const rights = await storefrontPolicies.rightsOver(toStorefront(principal), sellers);
  return sellers.filter((shopId) => rights.get(shopId)?.mayConfirm === true);
}

function isFree({ unitPrice, quantity, discount = 0 }: PricedLine): boolean {
  return unitPrice * quantity === discount;
}
