import type { SaleTimes, TimedEvent } from './sale-times.ts';

/** A product, as far as its events depend on it. */
interface ChangedProduct extends SaleTimes {
  readonly _id: string;
  readonly shopId: string;
  readonly title: string;
  readonly revision?: number;
}

/** Makes an event of a product; its revision is the event's number. */
export function toProductEvent(product: ChangedProduct, type: TimedEvent) {
  const { _id: subjectId, shopId, title, revision: seq = 0 } = product;
  return { type, subjectId, seq, shopIds: [shopId], data: { title, ...viewTimes(product) } };
}

/** Presents the times that a product has. */
export function viewTimes({ publishAt, saleFrom, saleUntil }: SaleTimes) {
  return {
    ...(publishAt && { publishAt: publishAt.toISOString() }),
    ...(saleFrom && { saleFrom: saleFrom.toISOString() }),
    ...(saleUntil && { saleUntil: saleUntil.toISOString() }),
  };
}
