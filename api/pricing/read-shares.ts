import { holdableUnits } from '../../shared/domain/held-shares.ts';
import type { RequestedLine } from '../../shared/domain/lines.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** A line that asks for more units than its storefront can hold. */
export interface ShareShortage {
  readonly variantId: string;
  readonly requested: number;
  readonly available: number;
}

type Level = Pick<StockRecord, '_id' | 'onHand' | 'heldByUnlisted'>;

/**
 * Finds the lines that ask for more units than unlisted storefronts may hold now. Where they may
 * hold all units it reads nothing: a lack of units is the only limit.
 * @param shares the `heldShareMax` that applies to each variant, if any does
 */
export async function findShareShortages(
  { stock }: Store,
  lines: readonly RequestedLine[],
  shares: ReadonlyMap<string, number>,
): Promise<ShareShortage[]> {
  const limited = lines.filter(({ variantId }) => (shares.get(variantId) ?? 1) < 1);
  if (limited.length === 0) return [];
  const levels = await stock
    .find<Level>(
      { _id: { $in: limited.map(({ variantId }) => variantId) } },
      { projection: { onHand: 1, heldByUnlisted: 1 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const byId = new Map(levels.map((level) => [level._id, level]));
  return limited.flatMap(({ variantId, quantity: requested }): ShareShortage[] => {
    const level = byId.get(variantId) ?? { onHand: 0 };
    const available = holdableUnits(shares.get(variantId) ?? 1, level);
    return requested > available ? [{ variantId, requested, available }] : [];
  });
}
