import type { Metadata } from './metadata.ts';
import { pick } from './pick.ts';
import type { SaleTimes, TimedEvent } from './sale-times.ts';

/** The fields of a product that its events depend on. */
interface ChangedProduct extends SaleTimes {
  readonly _id: string;
  readonly shopId: string;
  readonly title: string;
  readonly revision?: number;
  readonly metadata?: Metadata;
}

/** Creates an event of a product, with the product's revision as `seq`. */
export function toProductEvent(product: ChangedProduct, type: TimedEvent) {
  const { _id: subjectId, shopId, revision: seq = 0 } = product;
  const data = { ...pick(product, 'title', 'metadata'), ...viewTimes(product) };
  return { type, subjectId, seq, shopIds: [shopId], data };
}

/** Returns the times of a product in RFC 3339. Absent times are omitted. */
export function viewTimes({ publishAt, saleFrom, saleUntil }: SaleTimes) {
  return {
    ...(publishAt && { publishAt: publishAt.toISOString() }),
    ...(saleFrom && { saleFrom: saleFrom.toISOString() }),
    ...(saleUntil && { saleUntil: saleUntil.toISOString() }),
  };
}
