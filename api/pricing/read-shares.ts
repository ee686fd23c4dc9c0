import { holdableUnits } from '../../shared/domain/held-shares.ts';
import type { RequestedLine } from '../../shared/domain/lines.ts';
import { readLapsedUnits } from '../../shared/ledger/lapsed-units.ts';
import type { StockRecord } from '../../shared/store/collections/stock.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { LapsedContext } from './with-lapsed.ts';

/** A line with more units of its variant than unlisted storefronts may hold now. */
export interface ShareShortage {
  readonly variantId: string;
  readonly requested: number;
  readonly available: number;
}

type Level = Pick<StockRecord, '_id' | 'onHand' | 'heldByUnlisted'>;

/**
 * Finds the lines with more units than unlisted storefronts may hold now. Lapsed orders do not
 * count. Reads nothing if unlisted storefronts may hold all units of every line.
 * @param shares the `heldShareMax` of each variant that has one
 */
export async function findShareShortages(
  { store, clock }: LapsedContext,
  lines: readonly RequestedLine[],
  shares: ReadonlyMap<string, number>,
): Promise<ShareShortage[]> {
  const limited = lines.filter(({ variantId }) => (shares.get(variantId) ?? 1) < 1);
  if (limited.length === 0) return [];
  const levels = await store.stock
    .find<Level>(
      { _id: { $in: limited.map(({ variantId }) => variantId) } },
      { projection: { onHand: 1, heldByUnlisted: 1 }, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const byId = new Map(levels.map((level) => [level._id, level]));
  const isShort = ({ requested, available }: ShareShortage) => requested > available;
  const toState = (line: RequestedLine, unlisted = 0): ShareShortage => {
    const { variantId, quantity: requested } = line;
    const { onHand = 0, heldByUnlisted = 0 } = byId.get(variantId) ?? {};
    const level = { onHand, heldByUnlisted: Math.max(0, heldByUnlisted - unlisted) };
    return { variantId, requested, available: holdableUnits(shares.get(variantId) ?? 1, level) };
  };
  const short = limited.filter((line) => isShort(toState(line)));
  if (short.length === 0) return [];
  const options = { now: clock.now(), maxTimeMS: READ_TIMEOUT_MS };
  const ids = short.map(({ variantId }) => variantId);
  const lapsed = await readLapsedUnits(store, ids, options);
  return short.map((line) => toState(line, lapsed.get(line.variantId)?.unlisted)).filter(isShort);
}
