import { RefusedError, refuseField } from './errors.ts';
import type { ProductStatus } from './vocabulary.ts';

/**
 * The time at which a product is published automatically, and the times between which it can be
 * bought. An absent time sets no limit.
 */
export interface SaleTimes {
  readonly publishAt?: Date | undefined;
  /** The product can be bought at or after this moment, and before `saleUntil`. */
  readonly saleFrom?: Date | undefined;
  readonly saleUntil?: Date | undefined;
}

/** A variant with the times of its product. */
export interface TimedVariant extends SaleTimes {
  readonly variantId: string;
}

/**
 * Checks that the sale of a product does not end before it starts or before it is published.
 * @throws RefusedError sale_ends_before_start
 */
export function checkSaleTimes({ publishAt, saleFrom, saleUntil }: SaleTimes): void {
  if (saleUntil === undefined) return;
  const starts = { saleFrom, publishAt };
  for (const [name, start] of Object.entries(starts)) {
    if (start === undefined || start < saleUntil) continue;
    throw refuseField('sale_ends_before_start', 'saleUntil', `Must be after \`${name}\`.`);
  }
}

/**
 * Checks that each variant can be bought at this moment.
 * @throws RefusedError not_on_sale_yet with the seconds to wait, or sale_over
 */
export function checkOnSale(variants: readonly TimedVariant[], at: Date): void {
  for (const { variantId, saleFrom, saleUntil } of variants) {
    if (saleUntil !== undefined && at >= saleUntil) {
      const extra = { variantId, saleUntil: saleUntil.toISOString() };
      const detail = `The sale ended at ${extra.saleUntil}.`;
      throw new RefusedError('sale_over', detail, [], extra);
    }
    if (saleFrom === undefined || at >= saleFrom) continue;
    const retryAfterS = Math.ceil((saleFrom.getTime() - at.getTime()) / 1_000);
    const extra = { variantId, saleFrom: saleFrom.toISOString(), retryAfterS };
    const detail = `The sale starts at ${extra.saleFrom}.`;
    throw new RefusedError('not_on_sale_yet', detail, [], extra);
  }
}

/** A span of time; both ends belong to it. */
interface Span {
  readonly from: Date;
  readonly until: Date;
}

/**
 * Returns whether changed times refuse buyers at a moment of the span at which the earlier times
 * admitted them. May also return true if there is no such moment.
 */
export function hasShutOut(before: SaleTimes, after: SaleTimes, { from, until }: Span): boolean {
  const startsLater =
    after.saleFrom !== undefined &&
    after.saleFrom > from &&
    (before.saleFrom === undefined ||
      (before.saleFrom < after.saleFrom && before.saleFrom <= until));
  const endsEarlier =
    after.saleUntil !== undefined &&
    after.saleUntil <= until &&
    (before.saleUntil === undefined ||
      (before.saleUntil > after.saleUntil && before.saleUntil > from));
  return startsLater || endsEarlier;
}

/** The fields of a product that decide what happens at its times. */
export interface TimedProduct extends SaleTimes {
  readonly status: ProductStatus;
  /** The earliest of its times that has not been acted on. */
  readonly nextTimeAt?: Date | undefined;
  /** Whether the sale started while the product was a draft. */
  readonly isStartUnsent?: boolean | undefined;
}

/**
 * Finds the earliest time that has to be acted on after a change of a product: a time in the
 * future, a time that the change has set, or a time that was still due. If a draft is published
 * during its sale, the start is due; if its sale is over, no time is due.
 */
export function findNextTime(
  after: TimedProduct,
  before: TimedProduct | undefined,
  now: Date,
): Date | undefined {
  if (after.status === 'deleted') return undefined;
  const isPublication = before?.status === 'draft' && after.status === 'published';
  const isOver = after.saleUntil !== undefined && after.saleUntil <= now;
  if (isPublication && isOver) return undefined;
  const due = (['publishAt', 'saleFrom', 'saleUntil'] as const).flatMap((name) => {
    const time = after[name];
    if (time === undefined) return [];
    const isNew = before?.[name]?.getTime() !== time.getTime();
    const wasDue = before?.nextTimeAt !== undefined && time >= before.nextTimeAt;
    const isUnsent =
      name === 'saleFrom' && after.status === 'published' && after.isStartUnsent && !isOver;
    return time > now || isNew || wasDue || isUnsent ? [time] : [];
  });
  return earliest(due);
}

/** The automatic events of a product. */
export type TimedEvent = 'product.published' | 'product.sale_started' | 'product.sale_ended';

/** The product after its times have been acted on, and the resulting events. */
export interface TimesPassed {
  readonly status: ProductStatus;
  readonly nextTimeAt: Date | undefined;
  /** Whether the sale has started while the product was a draft. */
  readonly isStartUnsent: boolean;
  readonly events: readonly TimedEvent[];
}

/**
 * Acts on the times of a product that have passed. The sale of a draft starts once the draft is
 * published; a sale that is over by then neither starts nor ends.
 */
export function passTimes(product: TimedProduct, now: Date): TimesPassed {
  const { publishAt, saleFrom, saleUntil, nextTimeAt } = product;
  const isDue = (time: Date | undefined) =>
    time !== undefined && nextTimeAt !== undefined && time >= nextTimeAt && time <= now;
  const isStarted =
    isDue(saleFrom) || (product.isStartUnsent && saleFrom !== undefined && saleFrom <= now);
  const isMissed = product.status === 'draft' && saleUntil !== undefined && saleUntil <= now;
  const events: TimedEvent[] = [];
  let { status } = product;
  if (isDue(publishAt) && status === 'draft') {
    status = 'published';
    events.push('product.published');
  }
  if (status === 'published' && !isMissed) {
    if (isStarted) events.push('product.sale_started');
    if (isDue(saleUntil)) events.push('product.sale_ended');
  }
  const later = [publishAt, saleFrom, saleUntil].filter((time) => time !== undefined && time > now);
  return {
    status,
    nextTimeAt: earliest(later.filter((time) => time !== undefined)),
    isStartUnsent: status === 'draft' && isStarted === true,
    events,
  };
}

function earliest(times: readonly Date[]): Date | undefined {
  return times.toSorted((first, second) => first.getTime() - second.getTime())[0];
}
