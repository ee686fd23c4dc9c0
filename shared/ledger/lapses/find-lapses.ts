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
 * Finds the queued checkouts whose buyers have to wait behind others. Returns, by the id of the
 * checkout, the product of which the buyer let holds lapse. Queries only if a stock level shows
 * that some buyer of its product has `LAPSES_MAX` lapses in a row.
 */
export async function readLapsed(
  store: Store,
  session: Session,
  checkouts: readonly CheckoutRecord[],
  { levels, at }: LapsesQuery,
): Promise<ReadonlyMap<string, LapsedProduct>> {
  const withLapses = levels.filter(({ lapses = 0 }) => lapses >= LAPSES_MAX);
  if (withLapses.length === 0) return NONE_LAPSED;
  const productIds = new Set(withLapses.map(({ productId }) => productId));
  const queued = checkouts.filter(({ status }) => status === 'queued');
  const toIds = (checkout: CheckoutRecord) => [
    ...new Set(
      checkout.lines.flatMap(({ productId }) =>
        productIds.has(productId) ? toLapsesId(checkout, productId) : [],
      ),
    ),
  ];
  const ids = queued.flatMap(toIds);
  const lapses = await findLapses(store, ids, { at, options: { session } });
  if (lapses.size === 0) return NONE_LAPSED;
  return new Map(
    queued.flatMap((checkout) => {
      const [lapsed] = toIds(checkout).flatMap((id) => lapses.get(id) ?? []);
      return lapsed === undefined ? [] : [[checkout._id, lapsed] as const];
    }),
  );
}

/**
 * Reads which of these records make their buyers wait behind others at the time `at`. Returns, by
 * the id of the record, the product of which the buyer let holds lapse.
 */
export async function findLapses(
  { lapsedHolds }: Store,
  ids: readonly string[],
  { at, options }: { readonly at: Date; readonly options: FindOptions<LapsedHoldsRecord> },
): Promise<ReadonlyMap<string, LapsedProduct>> {
  if (ids.length === 0) return NONE_LAPSED;
  const records = await lapsedHolds
    .find<LapsedHoldsRecord>(byIds(ids), { ...inOneBatch(ids), ...options })
    .toArray();
  return new Map(
    records.flatMap(({ _id, productId, orderIds, count, until }) =>
      count >= LAPSES_MAX && until > at ? [[_id, { productId, orderIds }] as const] : [],
    ),
  );
}
