import type { ModelDraw, ModelEntry } from './order-model.ts';

/** Returns whether units that come back to a draw go to its next entry. */
export function givesOutUnits({ status, isFinishing }: ModelDraw): boolean {
  return status === 'closed' && !isFinishing;
}

/** Returns whether a draw has not closed yet. */
export function acceptsEntries({ status }: ModelDraw): boolean {
  return status === 'scheduled' || status === 'open';
}

/** Finds the entry with which a buyer takes part. */
export function findEntry(draw: ModelDraw, buyer: number): ModelEntry | undefined {
  return draw.entries.find((entry) => entry.isEntered && entry.purchase.buyer === buyer);
}

/** Returns, by id, the fields of each draw that are compared with the stored draw. */
export function listDraws(draws: readonly ModelDraw[]) {
  return Object.fromEntries(
    draws.map(({ id, status, held, openOrders, isFinishing, entries }) => {
      const outcomes = Object.fromEntries(entries.map((entry) => [entry.id, entry.outcome]));
      return [id, { status, held, openOrders, isFinishing, outcomes }];
    }),
  );
}
