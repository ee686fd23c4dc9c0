import type { Timeline } from '../../domain/judging/history.ts';
import type { Carrier } from '../../domain/judging/repair-plan.ts';
import type { Store } from '../../store/store.ts';

/** Most changes with impossible versions that one repair looks at. */
const CARRIERS_MAX = 10_000;

/**
 * Finds the changes of a variant that carry a doubled or an impossible version. No index serves
 * the orders' part: it reads them all, and is only asked for when there are such changes.
 */
export async function readMisplacedCarriers(
  store: Store,
  variantId: string,
  timeline: Timeline,
): Promise<Carrier[]> {
  if (timeline.misplaced === 0) return [];
  const versions = [...new Set([...timeline.doubled, ...timeline.outside])];
  const movements = await store.movements
    .find<{ _id: string; version: number }>(
      { variantId, version: { $in: versions } },
      { projection: { version: 1 }, limit: CARRIERS_MAX },
    )
    .toArray();
  const orders = await store.orders
    .find<{ _id: string; lines: readonly { version: number }[] }>(
      { lines: { $elemMatch: { variantId, version: { $in: versions } } } },
      { projection: { lines: { $elemMatch: { variantId } } }, limit: CARRIERS_MAX },
    )
    .toArray();
  return [
    ...movements.map(({ _id: id, version }) => ({ where: 'movement' as const, id, version })),
    ...orders.flatMap(({ _id: id, lines }) =>
      lines.map(({ version }) => ({ where: 'order' as const, id, version })),
    ),
  ];
}
