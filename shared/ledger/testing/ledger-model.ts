import { decideAdjustment } from '../../domain/adjustment.ts';
import { decideTransition, type OrderMove } from '../../domain/order-transitions.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';

/** Units of each variant, by its place in the list. */
export type Cart = readonly number[];

/** Counters of one variant, as they should be. */
export interface ModelLevel {
  onHand: number;
  reserved: number;
  sold: number;
}

interface ModelOrder {
  readonly id: string;
  readonly cart: Cart;
  readonly reservedUntil: Date;
  status: OrderStatus;
}

/** What the ledger should hold: counters and orders in memory, changed one thing at a time. */
export class LedgerModel {
  readonly levels: ModelLevel[];
  readonly orders: ModelOrder[] = [];
  readonly settled: { readonly id: string; readonly status: string }[] = [];

  constructor(onHand: readonly number[]) {
    this.levels = onHand.map((units) => ({ onHand: units, reserved: 0, sold: 0 }));
  }

  /** Whether everything in the cart is available; it is then reserved. */
  reserve(cart: Cart): boolean {
    const fits = cart.every((units, variant) => units <= this.available(variant));
    if (fits) {
      cart.forEach((units, variant) => {
        this.#levelAt(variant).reserved += units;
      });
    }
    return fits;
  }

  available(variant: number): number {
    const { onHand, reserved } = this.#levelAt(variant);
    return onHand - reserved;
  }

  /** What the move should be answered with; it is then done. */
  move(order: ModelOrder, move: OrderMove, now: Date): 'moved' | 'unchanged' | 'refused' {
    const decision = decideTransition(order, move, now);
    if (decision.kind !== 'moved') return decision.kind;
    const before = order.status;
    order.status = decision.to;
    order.cart.forEach((units, variant) => {
      this.#shift(this.#levelAt(variant), before, order.status, units);
    });
    return 'moved';
  }

  adjust(variant: number, delta: number, onHandMax: number): 'adjusted' | 'refused' {
    const level = this.#levelAt(variant);
    const decision = decideAdjustment(level, { delta }, onHandMax);
    if (decision.kind === 'adjusted') level.onHand += delta;
    return decision.kind;
  }

  /** Spelled out by status, as CONTRACT says it, and not by the effects that the code uses. */
  #shift(level: ModelLevel, before: OrderStatus, after: OrderStatus, units: number): void {
    if (before === 'pending') level.reserved -= units;
    if (after === 'confirmed') {
      level.onHand -= units;
      level.sold += units;
    }
    if (before === 'confirmed' && after === 'cancelled') {
      level.onHand += units;
      level.sold -= units;
    }
  }

  #levelAt(variant: number): ModelLevel {
    const level = this.levels[variant];
    if (level === undefined) throw new RangeError(`there is no variant ${variant}`);
    return level;
  }
}
