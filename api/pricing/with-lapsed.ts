import type { RequestedLine } from '../../shared/domain/lines.ts';
import { readLapsedUnits } from '../../shared/ledger/lapsed-units.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** The dependencies of reading lapsed orders. */
export interface LapsedContext {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Adds the units of lapsed orders to the available units of lines that have too few, because a
 * checkout would get them. Reads nothing if every line has enough.
 * @param available the available units by variant id. Read them before this call, so that an order
 *   that expires meanwhile is not counted twice
 */
export async function withLapsed(
  { store, clock }: LapsedContext,
  lines: readonly RequestedLine[],
  available: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const short = lines.filter(({ variantId, quantity }) => {
    return (available.get(variantId) ?? 0) < quantity;
  });
  if (short.length === 0) return available;
  const ids = short.map(({ variantId }) => variantId);
  const options = { now: clock.now(), maxTimeMS: READ_TIMEOUT_MS };
  const free = new Map(available);
  for (const [variantId, { units }] of await readLapsedUnits(store, ids, options)) {
    free.set(variantId, (available.get(variantId) ?? 0) + units);
  }
  return free;
}
