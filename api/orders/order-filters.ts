import type { OrderStatus } from '../../shared/domain/vocabulary.ts';
import type { SearchDirection } from '../../shared/search/find-entries.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';

/** The filters and the direction of a list of the orders that the caller may see. */
export interface OrderFilters {
  /** Any of these statuses; every status by default. */
  readonly status?: readonly OrderStatus[] | undefined;
  readonly buyerId?: string | undefined;
  readonly checkoutId?: string | undefined;
  /** Placed at this moment or later, and before `placedTo`. */
  readonly placedFrom?: Date | undefined;
  readonly placedTo?: Date | undefined;
  /** The text of a search. If it is present, the search index serves the list. */
  readonly q?: string | undefined;
  /** Last changed at this moment or later. If it is present, the search index serves the list. */
  readonly updatedSince?: Date | undefined;
  /** `desc` by default. */
  readonly direction?: SearchDirection | undefined;
}

/** The position of an order in the list. */
export interface OrderPlace {
  /** When the order was placed or, with `updatedSince`, when it last changed. */
  readonly time: Date;
  readonly id: string;
}

/** A part of a list. */
export interface OrderSlice {
  readonly orders: readonly OrderRecord[];
  /** Where the list continues; absent at its end. */
  readonly next?: OrderPlace | undefined;
}
