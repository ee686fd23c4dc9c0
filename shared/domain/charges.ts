import { refuseField } from './errors.ts';

/** The costs of a checkout in addition to its lines. */
export const CHARGE_KINDS = ['shipping', 'tax', 'fee'] as const;

/** An amount that a storefront adds to a shop's lines, in minor units. */
export interface Charge {
  readonly kind: (typeof CHARGE_KINDS)[number];
  readonly title: string;
  readonly amount: number;
}

/** A charge of a checkout, with the shop whose order contains it. */
export interface ShopCharge extends Charge {
  readonly shopId: string;
}

/** A requested charge. The shop can be omitted if the checkout has only one. */
type ChargeRequest = Charge & { readonly shopId?: string | undefined };

/** Sums charges, in minor units. */
export function sumCharges(charges: readonly { readonly amount: number }[] = []): number {
  return charges.reduce((sum, { amount }) => sum + amount, 0);
}

/**
 * Assigns each charge to the shop that it names, or to the checkout's only shop.
 * @throws RefusedError invalid_request if a charge names no shop of the checkout
 */
export function assignCharges(
  charges: readonly ChargeRequest[],
  shopIds: ReadonlySet<string>,
): ShopCharge[] {
  const [firstShopId, secondShopId] = shopIds;
  return charges.map(({ kind, title, amount, shopId: named }, index) => {
    const shopId = named ?? (secondShopId === undefined ? firstShopId : undefined);
    if (shopId !== undefined && shopIds.has(shopId)) return { shopId, kind, title, amount };
    const message =
      named === undefined
        ? 'The checkout spans shops: name the shop of each charge.'
        : 'The checkout has no line of this shop.';
    throw refuseField('invalid_request', `charges.${index}.shopId`, message);
  });
}

/** A part of a charge that was given back; `index` is the index of the charge in the order. */
export interface ReducedCharge {
  readonly index: number;
  readonly amount: number;
}

/** Returns how much of each charge of an order has not been given back, in minor units. */
export function chargesLeft(
  charges: readonly Charge[] = [],
  reductions: readonly { readonly charges?: readonly ReducedCharge[] }[] = [],
): number[] {
  const left = charges.map(({ amount }) => amount);
  for (const { charges: reduced = [] } of reductions) {
    for (const { index, amount } of reduced) left[index] = (left[index] ?? 0) - amount;
  }
  return left;
}
