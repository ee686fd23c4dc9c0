import { shopParts } from '../../shared/domain/lines.ts';
import type { PricedLine } from '../../shared/domain/vocabulary.ts';
import type { Principal } from '../http/principal.ts';
import { type StorefrontPolicies, storefrontOf } from './storefront-policies.ts';

const NONE: readonly string[] = [];

/**
 * Shops of a checkout whose order costs nothing, and where the caller's storefront may confirm.
 * There is no payment that somebody has to wait for, so these are confirmed as they are placed.
 */
export async function shopsToConfirmFree(
  { storefrontPolicies }: { readonly storefrontPolicies: Pick<StorefrontPolicies, 'rightsOver'> },
  principal: Principal,
  lines: readonly PricedLine[],
): Promise<readonly string[]> {
  // Most checkouts have no line that is free.
  if (!lines.some(isFree)) return NONE;
  const sellers = shopParts(lines)
    .filter(({ total }) => total === 0)
    .map(({ shopId }) => shopId);
  if (sellers.length === 0) return NONE;
  const rights = await storefrontPolicies.rightsOver(storefrontOf(principal), sellers);
  return sellers.filter((shopId) => rights.get(shopId)?.mayConfirm === true);
}

function isFree({ unitPrice, quantity, discount = 0 }: PricedLine): boolean {
  return unitPrice * quantity === discount;
}
