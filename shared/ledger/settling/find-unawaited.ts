import type { Session, Store } from '../../store/store.ts';

/** The maximum number of waits that one query reads, and of queries. */
const PAGE_MAX = 512;
const QUERIES_MAX = 64;

/**
 * Returns variants for which no checkout waits, apart from the checkouts in `leaving`. Leaves out
 * variants for which that is not known after `QUERIES_MAX` queries.
 * @param leaving ids of checkouts that stop waiting in the transaction
 */
export async function findUnawaited(
  store: Store,
  session: Session | undefined,
  variantIds: readonly string[],
  leaving: readonly string[],
): Promise<Set<string>> {
  const unknown = new Set(variantIds);
  for (let queries = 0; queries < QUERIES_MAX && unknown.size > 0; queries += 1) {
    // One wait for each variant is enough, and one for a single variant.
    const limit = Math.min(unknown.size, PAGE_MAX);
    const others = await store.waits
      .find<{ readonly lines: readonly { readonly variantId: string }[] }>(
        {
          ...{ isWaiting: true, 'lines.variantId': { $in: [...unknown] } },
          _id: { $nin: [...leaving] },
        },
        {
          ...(session && { session }),
          ...{ hint: 'waiting_in_turn', projection: { 'lines.variantId': 1 } },
          ...{ limit, batchSize: limit + 1 },
        },
      )
      .toArray();
    for (const { lines } of others) for (const { variantId } of lines) unknown.delete(variantId);
    if (others.length < limit) return unknown;
  }
  return new Set();
}
