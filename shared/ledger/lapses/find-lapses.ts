import { LAPSES_MAX, type LapsedProduct } from '../../domain/lapsed-holds.ts';
import type { StockLevel } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import { type LapsedHoldsRecord, toLapsesId } from '../../store/collections/lapsed-holds.ts';
import type { Session, Store } from '../../store/store.ts';
import type { FindOptions } from '../../store/typed-collection.ts';

const NONE_LAPSED: ReadonlyMap<string, LapsedProduct> = new Map();

interface LapsesQuery {
  readonly levels: readonly StockLevel[];
  readonly at: Date;
}

/**
 * Finds the queued checkouts whose buyers have to wait behind others, with the product for each.
 * It queries only if one of the products has a buyer with `LAPSES_MAX` lapses in a row.
 */
export async function readLapsed(
  store: Store,
  session: Session,
  checkouts: readonly CheckoutRecord[],
  { levels, at }: LapsesQuery,
): Promise<ReadonlyMap<string, LapsedProduct>> {
  const shown = levels.filter(({ lapses = 0 }) => lapses >= LAPSES_MAX);
  if (shown.length === 0) return NONE_LAPSED;
  const productIds = new Set(shown.map(({ productId }) => productId));
  const queued = checkouts.filter(({ status }) => status === 'queued');
  const toIds = (checkout: CheckoutRecord) => [
    ...new Set(
      checkout.lines.flatMap(({ productId }) =>
        productIds.has(productId) ? toLapsesId(checkout, productId) : [],
      ),
    ),
  ];
  const ids = queued.flatMap(toIds);
  const found = await findLapses(store, ids, { at, options: { session } });
  if (found.size === 0) return NONE_LAPSED;
  return new Map(
    queued.flatMap((checkout) => {
      const own = toIds(checkout).flatMap((id) => found.get(id) ?? [])[0];
      return own === undefined ? [] : [[checkout._id, own] as const];
    }),
  );
}

/** Reads the lapses that make a buyer wait behind others at a time. */
export async function findLapses(
  { lapsedHolds }: Store,
  ids: readonly string[],
  { at, options }: { readonly at: Date; readonly options: FindOptions<LapsedHoldsRecord> },
): Promise<ReadonlyMap<string, LapsedProduct>> {
  if (ids.length === 0) return NONE_LAPSED;
  const found = await lapsedHolds
    .find<LapsedHoldsRecord>(byIds(ids), { ...inOneBatch(ids), ...options })
    .toArray();
  return new Map(
    found.flatMap(({ _id, productId, orderIds, count, until }) =>
      count >= LAPSES_MAX && until > at ? [[_id, { productId, orderIds }] as const] : [],
    ),
  );
}
