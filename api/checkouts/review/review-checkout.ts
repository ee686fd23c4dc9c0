import type { z } from 'zod';
import { type ShopCharge, sumCharges } from '../../../shared/domain/charges.ts';
import { failedCodes } from '../../../shared/domain/discounts/apply-discounts.ts';
import { toBuyerKey } from '../../../shared/domain/discounts/terms.ts';
import { checkEntry } from '../../../shared/domain/draws.ts';
import { type LapsedProduct, toLapseRejection } from '../../../shared/domain/lapsed-holds.ts';
import { shopParts } from '../../../shared/domain/lines.ts';
import { isExceeded, type LimitState } from '../../../shared/domain/purchase-limits.ts';
import { checkOnSale } from '../../../shared/domain/sale-times.ts';
import type { PricedLine } from '../../../shared/domain/vocabulary.ts';
import type { Buyer } from '../../../shared/ledger/buyer-purchases.ts';
import { readAvailable } from '../../catalog/product-store.ts';
import { findDrawToEnter } from '../../draws/draw-cache.ts';
import type { Principal } from '../../http/principal.ts';
import { type OwnHold, type Shortage, toLimitShortage } from '../../orders/own-holds.ts';
import type { PricedRequest } from '../../pricing/price-request.ts';
import { readLapsedProducts } from '../../pricing/read-lapses.ts';
import { readLimitStates } from '../../pricing/read-limits.ts';
import { findShareShortages } from '../../pricing/read-shares.ts';
import { withLapsed } from '../../pricing/with-lapsed.ts';
import type { CheckoutsContext } from '../context.ts';
import { resolveRequest, withBuyer } from '../freeze-checkout.ts';
import { freezeWait } from '../freeze-wait.ts';
import { freezeCharges } from '../price-in-time.ts';
import type { CheckoutBody } from '../schemas.ts';
import { type LimitedPrices, priceWithinLimits } from './price-within-limits.ts';
import { describeReason } from './refusal-details.ts';
import type { checkoutReview } from './schemas.ts';

type Review = z.output<typeof checkoutReview>;

/**
 * Returns the current totals of a checkout and the reasons why it would be rejected now. Stores and
 * reserves nothing.
 * @throws RefusedError as a checkout with the same body would be refused
 */
export async function reviewCheckout(
  context: CheckoutsContext,
  principal: Principal,
  body: CheckoutBody,
): Promise<Review> {
  const { request, cart } = await resolveRequest(context, principal, withBuyer(principal, body));
  const { buyerId, expectedTotal } = request;
  const buyerKey = toBuyerKey(principal.shopId, buyerId);
  const prices = await priceWithinLimits(context, { principal, buyerKey }, request);
  const { priced, exhausted } = prices;
  const charges = freezeCharges(request, prices.frozen);
  const charged = sumCharges(charges);
  const draw = await findDrawToEnter(context, principal, body.drawId);
  const now = context.clock.now();
  if (draw === undefined) checkOnSale(priced.timed, now);
  else checkEntry(draw, priced.lines, now);
  const { whenSoldOut } = body;
  if (whenSoldOut !== undefined) {
    await freezeWait(context, principal, { whenSoldOut, lines: priced.lines, acceptedAt: now });
  }
  const { lines, currency, subtotal, total, refusedDiscounts } = priced;
  const variantIds = lines.map((line) => line.variantId);
  const buyer = { storefrontId: principal.shopId, buyerId };
  const offers = await context.priceCache.get(variantIds);
  // The units of a draw are set aside, so other purchases do not matter.
  const available =
    draw === undefined
      ? await withLapsed(context, lines, await readAvailable(context.store, '_id', variantIds))
      : new Map(lines.map(({ variantId, quantity }) => [variantId, quantity]));
  const shortages = findShortages(lines, available);
  const shareShortages = await findShareShortages(context, lines, listShares(priced));
  const mayWait = whenSoldOut !== undefined || draw !== undefined;
  const [holds, limits, lapses] = await Promise.all([
    context.ownHolds.find({
      ...{ buyer, now: context.clock.now() },
      shortages: [...shortages, ...shareShortages],
    }),
    readLimitStates(context, { buyer, lines, offers }),
    mayWait ? [] : readLapsedProducts(context, { buyer, lines }),
  ]);
  return {
    buyerId,
    ...(cart && { cartId: cart._id }),
    ...{ currency, subtotal, discount: subtotal - total, total: total + charged },
    shops: reviewShops(priced, charges, available),
    refusedDiscounts: [...refusedDiscounts, ...exhausted].map((refused) => ({
      ...refused,
      detail: describeReason(refused.reason),
    })),
    // In the order of settlement, which rejects a checkout for the first problem.
    problems: [
      ...failedProblems(prices),
      ...(expectedTotal === undefined || expectedTotal === prices.frozen.total + charged
        ? []
        : [{ code: 'price_changed' as const }]),
      ...shortages.map((shortage) => ({
        ...{ code: 'out_of_stock' as const, ...shortage },
        ...toHeldByYou(holds.get(shortage.variantId)),
      })),
      ...lapses.map((lapsed) => toLapseProblem(lines, lapsed)),
      ...exhaustedProblems(prices),
      ...shareShortages.map((shortage) => ({
        ...{ code: 'held_share_reached' as const, ...shortage },
        ...toHeldByYou(holds.get(shortage.variantId)),
      })),
      ...(await findLimitProblems(context, buyer, limits.filter(isExceeded))),
    ],
  };
}

/**
 * Returns which share of a variant’s units unlisted storefronts may hold, by variant id. Leaves out
 * variants whose seller lists this storefront or sets no share.
 */
function listShares({ lines, heldShares = [] }: PricedRequest): ReadonlyMap<string, number> {
  const shareByShop = new Map(heldShares.map(({ shopId, heldShareMax }) => [shopId, heldShareMax]));
  return new Map(
    lines.flatMap(({ variantId, shopId }): [string, number][] => {
      const share = shareByShop.get(shopId);
      return share === undefined ? [] : [[variantId, share]];
    }),
  );
}

function reviewShops(
  { lines, discounts }: PricedRequest,
  charges: readonly ShopCharge[],
  available: ReadonlyMap<string, number>,
): Review['shops'] {
  return shopParts(lines, charges).map(({ shopId, lines: own, ...part }) => ({
    shopId,
    lines: own.map((line) => {
      const { variantId, sku, title, quantity, unitPrice, discount: off = 0 } = line;
      const units = available.get(variantId) ?? 0;
      return {
        ...{ variantId, sku, title, quantity, unitPrice, discount: off },
        total: quantity * unitPrice - off,
        available: units,
        isAvailable: units >= quantity,
      };
    }),
    ...part,
    discounts: discounts
      .filter((applied) => applied.shopId === shopId)
      .map(({ code, amount }) => ({ code, amount })),
  }));
}

/** Lists the codes for which settlement would reject the checkout because they do not apply. */
function failedProblems({ frozen }: LimitedPrices): Review['problems'] {
  const { discounts: applied, refusedDiscounts: refused } = frozen;
  return failedCodes({ applied, refused }).map(({ code: discountCode, reason }) => ({
    code: 'discount_not_applicable' as const,
    ...{ discountCode, reason },
  }));
}

/** Lists exhausted discounts that the checkout would use; others do not cause a rejection. */
function exhaustedProblems({ frozen, exhausted }: LimitedPrices): Review['problems'] {
  const blocking = exhausted.filter(({ code, shopId }) =>
    frozen.discounts.some((used) => used.code === code && used.shopId === shopId),
  );
  return blocking.map(({ code: discountCode, shopId, reason }) => ({
    code: 'discount_exhausted' as const,
    ...{ discountCode, shopId, reason },
  }));
}

function toLapseProblem(
  lines: readonly PricedLine[],
  lapsed: LapsedProduct,
): Review['problems'][number] {
  const { productId, variantId, requested, lapsedOrderIds = [] } = toLapseRejection(lines, lapsed);
  return {
    code: 'too_many_lapsed_holds',
    ...{ productId, variantId, requested, lapsedOrderIds: [...lapsedOrderIds] },
  };
}

async function findLimitProblems(
  { ownHolds, clock }: CheckoutsContext,
  buyer: Buyer,
  reached: readonly LimitState[],
): Promise<Review['problems']> {
  const now = clock.now();
  const shortages = reached.map((limit) => toLimitShortage(limit, now));
  const holds = await ownHolds.find({ buyer, now, shortages });
  return reached.map(({ itemId, ...limit }) => ({
    ...{ code: 'purchase_limit_reached' as const, ...limit },
    ...toHeldByYou(holds.get(itemId)),
  }));
}

function toHeldByYou(heldByYou: OwnHold | undefined) {
  return heldByYou && { heldByYou };
}

function findShortages(
  lines: readonly PricedLine[],
  available: ReadonlyMap<string, number>,
): Shortage[] {
  return lines.flatMap(({ variantId, quantity }) => {
    const units = available.get(variantId) ?? 0;
    if (units >= quantity) return [];
    return [{ variantId, requested: quantity, available: units }];
  });
}
