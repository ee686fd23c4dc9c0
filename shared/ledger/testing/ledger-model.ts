import type { AdjustmentAmount } from '../../domain/adjustment.ts';
import type { ReducingMove } from '../../domain/decide-reduction.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';
import { givesOutUnits } from './draw-model.ts';
import { LapseModel } from './lapse-model.ts';
import { LimitsModel, type LimitTerms } from './limits-model.ts';
import {
  type Cart,
  freeUnits,
  type ModelDraw,
  type ModelOrder,
  mayMove,
  nothingTaken,
  type PlainMove,
  type Purchase,
  sumUnits,
  toStatus,
  unitsOf,
} from './order-model.ts';

/** Expected counters of one variant. */
export interface ModelLevel {
  onHand: number;
  reserved: number;
  sold: number;
  heldByUnlisted: number;
}

const TARGET: Readonly<Record<PlainMove, OrderStatus>> = {
  confirm: 'confirmed',
  expire: 'expired',
  ship: 'shipped',
  deliver: 'delivered',
};

/** What the ledger has expired so far. */
export interface Expiry {
  readonly now: Date;
  /** The ids of the orders that the ledger has expired by `now`. */
  readonly expired: ReadonlySet<string>;
}

/** Finds the purchases that would be refused in the state of a model. */
type FindShort = (model: LedgerModel) => readonly Purchase[];

const NO_UNITS = { reserved: 0, sold: 0, heldByUnlisted: 0 };

/** The expected state of the ledger, in memory: counters, limits, orders, draws and lapses. */
export class LedgerModel {
  readonly levels: ModelLevel[];
  readonly limits: LimitsModel;
  /** The share of the units on hand that unlisted storefronts may hold. */
  readonly heldShareMax: number;
  readonly orders: ModelOrder[] = [];
  readonly draws: ModelDraw[] = [];
  lapses: LapseModel;
  readonly settled: { readonly id: string; readonly status: string }[] = [];

  constructor(onHand: readonly number[], terms: LimitTerms, heldShareMax = 1) {
    this.heldShareMax = heldShareMax;
    this.limits = new LimitsModel(this.orders, terms);
    this.lapses = new LapseModel(terms.purchaseLimits.map(({ variants }) => variants));
    this.levels = onHand.map((units) => ({ onHand: units, ...NO_UNITS }));
  }

  /**
   * Reserves the units of a purchase. If the purchase must be refused, returns the reason instead.
   * @param mayWait whether the buyer's lapses are ignored, because the buyer may wait behind others
   *   or the purchase is not a new checkout
   */
  reserve(
    purchase: Purchase,
    mayWait = false,
  ):
    | 'out_of_stock'
    | 'too_many_lapsed_holds'
    | 'discount_exhausted'
    | 'held_share_reached'
    | 'purchase_limit_reached'
    | undefined {
    const { cart } = purchase;
    if (!cart.every((units, variant) => units <= this.available(variant))) return 'out_of_stock';
    if (!mayWait && this.isBehind(purchase)) return 'too_many_lapsed_holds';
    if (!this.limits.mayUse(purchase)) return 'discount_exhausted';
    if (purchase.isUnlisted && !cart.every((units, variant) => units <= this.holdable(variant)))
      return 'held_share_reached';
    if (!this.limits.mayBuy(purchase)) return 'purchase_limit_reached';
    cart.forEach((units, variant) => {
      const level = this.#levelAt(variant);
      level.reserved += units;
      if (purchase.isUnlisted) level.heldByUnlisted += units;
    });
    return undefined;
  }

  /**
   * Expires the lapsed orders that the ledger expired because they held what purchases lacked.
   * @param mayWait whether the purchases would wait
   * @throws Error if a purchase still lacks what a lapsed order holds
   */
  expireFor(purchases: readonly Purchase[], expiry: Expiry, mayWait = false): void {
    this.#expireFor((model) => model.#findShort(purchases, mayWait), expiry);
  }

  /** Expires lapsed orders as `expireFor` does, for the purchases that `findShort` returns. */
  #expireFor(findShort: FindShort, { now, expired }: Expiry): void {
    this.#expireSharing(findShort, now, ({ id }) => expired.has(id));
    const withoutLapsed = this.#copy();
    withoutLapsed.#expireSharing(findShort, now, () => true);
    withoutLapsed.lapses = this.lapses.copy();
    const [short, expected] = [findShort(this), findShort(withoutLapsed)];
    if (short.length !== expected.length || short.some((item, index) => item !== expected[index])) {
      throw new Error('a lapsed order stands in the way of a purchase');
    }
  }

  /**
   * Expires the lapsed orders that have a product or discount in common with a purchase that would
   * be refused, until no such order is left.
   */
  #expireSharing(findShort: FindShort, now: Date, mayExpire: (order: ModelOrder) => boolean): void {
    let lapsed: readonly ModelOrder[];
    do {
      const short = findShort(this);
      lapsed = this.listLapsed(now).filter(
        (order) => mayExpire(order) && short.some((purchase) => this.#share(purchase, order)),
      );
      for (const order of lapsed) this.move(order, 'expire', now);
    } while (lapsed.length > 0);
  }

  /** Returns whether the buyer of a purchase must wait behind others. */
  isBehind({ buyer, cart }: Purchase): boolean {
    return this.lapses.isBehind(buyer, cart);
  }

  /** Returns the purchases in the order in which they are served. */
  inTurn<Item extends Purchase>(purchases: readonly Item[]): Item[] {
    return purchases.toSorted(
      (first, second) => Number(this.isBehind(first)) - Number(this.isBehind(second)),
    );
  }

  /** Returns whether two purchases have a product or a discount in common. */
  #share(first: Purchase, second: Purchase): boolean {
    const products = this.limits.terms.purchaseLimits.map(({ variants }) => variants);
    return (
      products.some(
        (variants) => sumUnits(first.cart, variants) > 0 && sumUnits(second.cart, variants) > 0,
      ) || first.discounts.some((discount) => second.discounts.includes(discount))
    );
  }

  /** Lists the orders that are pending although their reservation has ended. */
  listLapsed(now: Date): ModelOrder[] {
    return this.orders.filter((order) => order.status === 'pending' && now >= order.reservedUntil);
  }

  /** Finds the purchases that would be refused if they were settled now, in this order. */
  #findShort(purchases: readonly Purchase[], mayWait: boolean): Purchase[] {
    const trial = this.#copy();
    const never = { id: '', placedAt: new Date(0), reservedUntil: new Date(0) };
    const inTurn = mayWait ? this.inTurn(purchases) : purchases;
    return inTurn.filter((purchase) => {
      const taken = nothingTaken(purchase.cart);
      const refusal = trial.reserve(purchase, mayWait);
      if (refusal !== undefined) return refusal !== 'too_many_lapsed_holds';
      trial.orders.push({ ...purchase, ...never, taken, status: 'pending' });
      return false;
    });
  }

  #copy(): LedgerModel {
    const copy = new LedgerModel([], this.limits.terms, this.heldShareMax);
    const draws = new Map(this.draws.map((draw) => [draw, { ...draw }]));
    copy.levels.push(...this.levels.map((level) => ({ ...level })));
    copy.draws.push(...draws.values());
    for (const order of this.orders) {
      copy.orders.push({ ...order, draw: order.draw && draws.get(order.draw) });
    }
    copy.lapses = this.lapses.copy();
    return copy;
  }

  /** Creates the draw and sets its units aside; returns the expected result. */
  createDraw(draw: ModelDraw, expiry: Expiry): 'created' | 'too_few' {
    const { variant, quantity } = draw;
    const wanted = { cart: this.#toCart(variant, quantity), buyer: 0, discounts: [] };
    const isShort = (model: LedgerModel) => model.available(variant) < quantity;
    this.#expireFor((model) => (isShort(model) ? [wanted] : []), expiry);
    if (isShort(this)) return 'too_few';
    this.#levelAt(variant).reserved += quantity;
    this.draws.push(draw);
    return 'created';
  }

  /** Gives an entry the units of its draw. If the entry is refused, returns the reason instead. */
  placeFrom(draw: ModelDraw, purchase: Purchase): 'purchase_limit_reached' | undefined {
    if (!this.limits.mayBuy(purchase)) return 'purchase_limit_reached';
    draw.held -= unitsOf(purchase.cart, draw.variant);
    draw.openOrders += 1;
    return undefined;
  }

  /** Puts the units that a draw holds back on sale. */
  giveBack(draw: ModelDraw): void {
    this.#levelAt(draw.variant).reserved -= draw.held;
    draw.held = 0;
  }

  /** Confirms the order, if it may reacquire its units; returns the expected result. */
  reacquire(order: ModelOrder, expiry: Expiry): 'moved' | 'unchanged' | 'refused' {
    if (order.status === 'expired') {
      const cart = order.cart.map(
        (units, variant) => units - unitsOf(order.taken.cancelled, variant),
      );
      // The order is confirmed at once, so the share of unlisted storefronts does not apply.
      const wanted = { ...order, cart, isUnlisted: false };
      this.expireFor([wanted], expiry, true);
      if (this.reserve(wanted, true) !== undefined) return 'refused';
      order.status = 'pending';
      // Its units come from the units on sale, not from the draw.
      order.draw = undefined;
      if (order.isUnlisted) {
        cart.forEach((units, variant) => {
          this.#levelAt(variant).heldByUnlisted += units;
        });
      }
    }
    if (order.status !== 'pending') return order.status === 'confirmed' ? 'unchanged' : 'refused';
    this.#changeStatus(order, 'confirmed');
    return 'moved';
  }

  /**
   * Returns how many units of the variant unlisted storefronts may still hold, by integer
   * arithmetic.
   */
  holdable(variant: number): number {
    const { onHand, heldByUnlisted } = this.#levelAt(variant);
    const percent = Math.round(this.heldShareMax * 100);
    return Math.max(0, Math.floor((percent * onHand) / 100) - heldByUnlisted);
  }

  available(variant: number): number {
    const { onHand, reserved } = this.#levelAt(variant);
    return onHand - reserved;
  }

  /** Moves the order; returns the expected result. */
  move(order: ModelOrder, move: PlainMove, now: Date): 'moved' | 'unchanged' | 'refused' {
    const target = TARGET[move];
    if (order.status === target) return 'unchanged';
    if (!mayMove(order, move, now)) return 'refused';
    this.#changeStatus(order, target);
    return 'moved';
  }

  #changeStatus(order: ModelOrder, target: OrderStatus): void {
    const before = order.status;
    order.status = target;
    order.cart.forEach((units, variant) => {
      const kept = units - unitsOf(order.taken.cancelled, variant);
      this.#shift(this.#levelAt(variant), before, target, kept);
      if (before === 'pending' && order.isUnlisted) this.#levelAt(variant).heldByUnlisted -= kept;
      if (target === 'expired') this.#setAside(order, kept);
    });
    this.#updateOpenOrders(order, before);
    if (target === 'confirmed') this.lapses.end(order.buyer, order.cart);
    if (target !== 'expired') return;
    const held = order.cart.map(
      (units, variant) => units - unitsOf(order.taken.cancelled, variant),
    );
    this.lapses.add(order.buyer, held);
  }

  /** Sets freed units aside for the next entry of the draw that placed the order. */
  #setAside({ draw }: ModelOrder, units: number): void {
    if (draw === undefined || !givesOutUnits(draw)) return;
    draw.held += units;
    this.#levelAt(draw.variant).reserved += units;
  }

  /** Updates the draw's count of its pending orders, after the status of an order has changed. */
  #updateOpenOrders({ draw, status }: ModelOrder, before: OrderStatus): void {
    if (draw === undefined || !givesOutUnits(draw)) return;
    if (before === 'pending' && status !== 'pending') draw.openOrders -= 1;
  }

  /** Takes these units off an order; returns the expected result. */
  reduce(
    order: ModelOrder,
    move: ReducingMove,
    wanted: Cart | undefined,
    isRestocked: boolean,
  ): 'moved' | 'unchanged' | 'refused' {
    const kind = ({ cancel: 'cancelled', return: 'returned', lose: 'lost' } as const)[move];
    if (order.status === kind) return wanted === undefined ? 'unchanged' : 'refused';
    const isPacked = order.taken.packed.some((units) => units > 0);
    const sentStatuses = isPacked
      ? ['confirmed', 'shipped', 'delivered']
      : ['shipped', 'delivered'];
    const allowed = move === 'cancel' ? ['pending', 'confirmed'] : sentStatuses;
    if (!allowed.includes(order.status)) return 'refused';
    if (move === 'cancel' && wanted === undefined && isPacked) return 'refused';
    const free = order.cart.map((_, variant) => freeUnits(order, move, variant));
    const units = wanted ?? free;
    if (units.every((count) => count === 0)) return 'refused';
    if (!units.every((count, variant) => count <= unitsOf(free, variant))) return 'refused';
    const isBack = move === 'cancel' || isRestocked;
    const before = order.status;
    units.forEach((count, variant) => {
      order.taken[kind][variant] = unitsOf(order.taken[kind], variant) + count;
      if (!isBack) return;
      const level = this.#levelAt(variant);
      order.taken.restocked[variant] = unitsOf(order.taken.restocked, variant) + count;
      if (order.status === 'pending') {
        level.reserved -= count;
        if (order.isUnlisted) level.heldByUnlisted -= count;
      } else {
        level.onHand += count;
        level.sold -= count;
      }
      this.#setAside(order, count);
    });
    order.status = toStatus(order);
    this.#updateOpenOrders(order, before);
    return 'moved';
  }

  /** Adjusts the units on hand; returns the expected result. */
  adjust(
    variant: number,
    amount: AdjustmentAmount,
    { onHandMax, ...expiry }: Expiry & { readonly onHandMax: number },
  ): 'adjusted' | 'refused' {
    const level = this.#levelAt(variant);
    const onHand = 'set' in amount ? amount.set : level.onHand + amount.delta;
    const isShort = (model: LedgerModel) => onHand < model.#levelAt(variant).reserved;
    const wanted = { cart: this.#toCart(variant, 1), buyer: 0, discounts: [] };
    this.#expireFor((model) => (isShort(model) ? [wanted] : []), expiry);
    if (isShort(this) || onHand > onHandMax) return 'refused';
    level.onHand = onHand;
    return 'adjusted';
  }

  /**
   * Moves units between the counters. Derives the change from the statuses, and not from the table
   * of effects that the ledger uses, so that the model does not repeat an error of the table.
   */
  #shift(level: ModelLevel, before: OrderStatus, after: OrderStatus, units: number): void {
    if (before === 'pending') level.reserved -= units;
    if (after === 'confirmed') {
      level.onHand -= units;
      level.sold += units;
    }
  }

  #toCart(variant: number, units: number): Cart {
    return this.levels.map((_, index) => (index === variant ? units : 0));
  }

  #levelAt(variant: number): ModelLevel {
    const level = this.levels[variant];
    if (level === undefined) throw new RangeError(`there is no variant ${variant}`);
    return level;
  }
}
