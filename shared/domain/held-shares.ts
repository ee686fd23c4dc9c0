import type { Claim, Pool } from './allocation.ts';
import type { PricedLine, StockLevel } from './vocabulary.ts';

/**
 * A seller that does not list the storefront of a checkout, and the share of a variant's units that
 * it lets such storefronts hold.
 */
export interface HeldShare {
  readonly shopId: string;
  /** From 0 to 1, of the units on hand. */
  readonly heldShareMax: number;
}

/** The fields of a checkout that held shares depend on. */
interface Holder {
  readonly lines: readonly Pick<PricedLine, 'variantId' | 'shopId' | 'quantity'>[];
  /** Absent if each of its sellers lists its storefront. */
  readonly heldShares?: readonly HeldShare[] | undefined;
}

type SharedLevel = Pick<StockLevel, 'onHand' | 'heldByUnlisted'>;

/** Significant digits of a number of units; more digits would contain floating-point errors. */
const DIGITS = 12;

/** Returns how many units of a variant unlisted storefronts may hold together. */
export function heldUnitsMax(heldShareMax: number, { onHand }: Pick<SharedLevel, 'onHand'>) {
  return Math.floor(Number((heldShareMax * onHand).toPrecision(DIGITS)));
}

/** Returns how many more units of a variant unlisted storefronts may hold. */
export function holdableUnits(heldShareMax: number, level: SharedLevel): number {
  // Without a limit no one is refused, even if the counter is wrong.
  if (heldShareMax >= 1) return level.onHand;
  return Math.max(0, heldUnitsMax(heldShareMax, level) - (level.heldByUnlisted ?? 0));
}

const PREFIX = 'held ';

/**
 * For each line of a seller that does not list the storefront, claims the units from the pool of
 * the variant's held share.
 */
export function toShareClaims({ lines, heldShares }: Holder): Claim[] {
  if (heldShares === undefined) return [];
  return lines
    .filter(({ shopId }) => heldShares.some((share) => share.shopId === shopId))
    .map(({ variantId, quantity }) => ({ poolId: PREFIX + variantId, units: quantity }));
}

/**
 * Creates the pools for the claims of `toShareClaims`. If checkouts contain different settings of a
 * seller, the setting of the last checkout is used, because it was accepted last.
 */
export function toSharePools(
  checkouts: readonly Holder[],
  stock: ReadonlyMap<string, SharedLevel>,
): Pool[] {
  const pools = new Map<string, Pool>();
  for (const { lines, heldShares = [] } of checkouts) {
    for (const { shopId, heldShareMax } of heldShares) {
      for (const { variantId } of lines.filter((line) => line.shopId === shopId)) {
        const level = stock.get(variantId);
        if (level === undefined) continue;
        const id = PREFIX + variantId;
        pools.set(id, { id, free: holdableUnits(heldShareMax, level), version: 0 });
      }
    }
  }
  return [...pools.values()];
}

/** Returns the variant's id from the id of a held share's pool; undefined for any other pool. */
export function findSharedVariant(poolId: string): string | undefined {
  return poolId.startsWith(PREFIX) ? poolId.slice(PREFIX.length) : undefined;
}
