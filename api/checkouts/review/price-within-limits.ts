import {
  type DiscountTerms,
  type FoundCodes,
  type RefusedDiscount,
  toCodeKey,
} from '../../../shared/domain/discounts/terms.ts';
import { type ExhaustedReason, findExhausted } from '../../../shared/domain/discounts/uses.ts';
import { readBuyerUses, readUses } from '../../../shared/ledger/discount-uses.ts';
import { atSnapshot } from '../../../shared/store/snapshot.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { Principal } from '../../http/principal.ts';
import type { CodeQuery } from '../../pricing/discount-lookup.ts';
import {
  type PriceableRequest,
  type PricedRequest,
  priceRequest,
} from '../../pricing/price-request.ts';
import type { CheckoutsContext } from '../context.ts';

/** A code that has no uses left in one shop. */
export interface ExhaustedDiscount {
  readonly code: string;
  readonly shopId: string;
  readonly reason: ExhaustedReason;
}

/** The prices of a checkout, without discounts that have no uses left for the buyer. */
export interface LimitedPrices {
  readonly priced: PricedRequest;
  readonly exhausted: readonly ExhaustedDiscount[];
  /** The prices that a checkout would freeze, which ignore usage limits. */
  readonly frozen: PricedRequest;
}

type Deps = Pick<
  CheckoutsContext,
  'store' | 'priceCache' | 'storefrontPolicies' | 'discountLookup' | 'clock'
>;

/**
 * Prices a request like a checkout, but without discounts that are exhausted now.
 * @throws RefusedError as `priceRequest`
 */
export async function priceWithinLimits(
  deps: Deps,
  { principal, buyerKey }: { readonly principal: Principal; readonly buyerKey: string },
  request: PriceableRequest,
): Promise<LimitedPrices> {
  const { priceCache, storefrontPolicies, clock, store } = deps;
  const common = { priceCache, storefrontPolicies, clock };
  let codes: FoundCodes = { terms: [], cancelled: [] };
  const recordingLookup = {
    lookUp: async (query: CodeQuery) => {
      codes = await deps.discountLookup.lookUp(query);
      return codes;
    },
  };
  const frozen = await priceRequest(
    { ...common, discountLookup: recordingLookup },
    principal,
    request,
  );
  const usable = codes.terms.filter((terms) => isUsable(terms, frozen));
  const reasons = await readExhausted(store, usable, buyerKey);
  if (reasons.size === 0) return { priced: frozen, exhausted: [], frozen };
  const terms = codes.terms.filter(({ id }) => !reasons.has(id));
  const discountLookup = { lookUp: async () => ({ ...codes, terms }) };
  const repriced = await priceRequest({ ...common, discountLookup }, principal, request);
  const exhausted = usable.flatMap(({ id, code, shopId }) => {
    const reason = reasons.get(id);
    return reason === undefined ? [] : [{ code, shopId, reason }];
  });
  return { priced: withoutUnknown(repriced, exhausted), exhausted, frozen };
}

/**
 * Returns whether the discount applies, or would apply without the other codes. If not, the uses of
 * the discount do not matter.
 */
function isUsable(
  { id, shopId, code }: DiscountTerms,
  { discounts, refusedDiscounts }: PricedRequest,
): boolean {
  if (discounts.some(({ discountId }) => discountId === id)) return true;
  return refusedDiscounts.some(
    (refused) =>
      refused.reason === 'another_is_better' && refused.shopId === shopId && refused.code === code,
  );
}

/**
 * Returns why discounts have no uses left, by discount id. Reads sequentially, because a session
 * allows one operation at a time.
 */
async function readExhausted(
  store: Store,
  terms: readonly DiscountTerms[],
  buyerKey: string,
): Promise<Map<string, ExhaustedReason>> {
  if (terms.length === 0) return new Map();
  return atSnapshot(store, async (session) => {
    const ids = terms.map(({ id }) => id);
    const uses = await readUses(store, session, ids);
    const buyerUses = await readBuyerUses(store, session, uses, [buyerKey]);
    return findExhausted(buyerKey, uses.values(), buyerUses);
  });
}

/** Removes `unknown_code` refusals of codes that exist but are exhausted. */
function withoutUnknown(
  priced: PricedRequest,
  exhausted: readonly ExhaustedDiscount[],
): PricedRequest {
  const exhaustedKeys = new Set(exhausted.map(({ code }) => toCodeKey(code)));
  const isReported = ({ code, reason }: RefusedDiscount) =>
    reason !== 'unknown_code' || !exhaustedKeys.has(toCodeKey(code));
  return { ...priced, refusedDiscounts: priced.refusedDiscounts.filter(isReported) };
}
