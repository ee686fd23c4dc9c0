import { decideSettlements } from '../../shared/domain/settlement.ts';
import type { PricedLine, StockLevel } from '../../shared/domain/vocabulary.ts';
import type { CancelEvent, FeedEvent, FeedLine, OrderEvent, StockEvent } from './feed.ts';

/** An order that the shop decided wrongly. */
export interface Finding {
  readonly kind: 'oversold' | 'wrongly_refused';
  readonly orderId: string;
  readonly line: number;
  readonly at: number;
  /** The lines that did not fit, if the order was oversold; all lines, if it was refused. */
  readonly lines: readonly (FeedLine & { readonly free: number })[];
  /** Units that were sold but not in stock, or refused but in stock. */
  readonly units: number;
}

/** The orders of a feed, as the shop and as Lastunit decided them. */
export interface Judgement {
  readonly orders: number;
  readonly accepted: number;
  readonly refused: number;
  readonly findings: readonly Finding[];
  readonly lastunit: {
    readonly placed: number;
    readonly refused: number;
    /** Orders that the shop accepted and Lastunit would have refused, and vice versa. */
    readonly refusedInstead: number;
    readonly placedInstead: number;
    /** Units by SKU that Lastunit would have sold. */
    readonly units: ReadonlyMap<string, number>;
  };
  /** SKUs that were ordered before their first stock line; these order lines cannot be judged. */
  readonly unknownSkus: ReadonlySet<string>;
}

const NO_PRICE = 0;
const SHOP = 'shop';

/**
 * Decides the orders of a feed twice, with two accounts of the stock: one by the decisions of the
 * shop, and one by Lastunit's rule of settlement. The same deliveries and losses change both.
 * @param firstStock the units that a SKU has at first, if its first line is not a stock line
 */
export function judgeFeed(
  events: Iterable<FeedEvent>,
  firstStock: (sku: string) => number | undefined = () => undefined,
): Judgement {
  const judge = new FeedJudge(firstStock);
  for (const event of events) judge.apply(event);
  return judge.judgement;
}

class FeedJudge {
  /** Units that the shop can still sell; negative if it has sold more than it has. */
  readonly #shopFree = new Map<string, number>();
  readonly #levels = new Map<string, StockLevel>();
  /** The units that each order holds in each account, for cancellations. */
  readonly #shopHeld = new Map<string, Map<string, number>>();
  readonly #placedHeld = new Map<string, Map<string, number>>();
  /** The units of accepted orders whose stock was unknown. */
  readonly #unjudgedHeld = new Map<string, Map<string, number>>();
  readonly #firstStock: (sku: string) => number | undefined;
  readonly #counts = { accepted: 0, refused: 0 };
  readonly #lastunit = { placed: 0, refused: 0, refusedInstead: 0, placedInstead: 0 };
  readonly #findings: Finding[] = [];
  readonly #unknownSkus = new Set<string>();

  constructor(firstStock: (sku: string) => number | undefined) {
    this.#firstStock = firstStock;
  }

  get judgement(): Judgement {
    const units = new Map([...this.#levels].map(([sku, { reserved }]) => [sku, reserved]));
    return {
      orders: this.#counts.accepted + this.#counts.refused,
      ...this.#counts,
      findings: this.#findings,
      lastunit: { ...this.#lastunit, units },
      unknownSkus: this.#unknownSkus,
    };
  }

  apply(event: FeedEvent): void {
    if (event.kind === 'order') this.#order(event);
    else if (event.kind === 'cancel') this.#cancel(event);
    // A delivery to a SKU that was never counted may be only a part of its stock.
    else if (event.kind === 'count' || this.#isKnown(event.sku)) this.#restock(event);
  }

  /**
   * Sets or adds units. A count changes Lastunit's account by its difference from the units for
   * sale: the shop received or lost these units before.
   */
  #restock({ kind, sku, quantity }: StockEvent): void {
    const free = this.#shopFree.get(sku) ?? 0;
    const delta = kind === 'delivery' ? quantity : quantity - Math.max(0, free);
    this.#shopFree.set(sku, kind === 'delivery' ? free + quantity : quantity);
    const level = this.#levels.get(sku) ?? emptyLevel(sku);
    const { onHand, version } = level;
    this.#levels.set(sku, { ...level, onHand: onHand + delta, version: version + 1 });
  }

  #cancel(event: CancelEvent): void {
    const { orderId, sku, quantity } = event;
    const unjudged = releaseHeld(this.#unjudgedHeld.get(orderId), sku, quantity);
    if (unjudged > 0 && this.#isKnown(sku)) {
      this.#restock({ ...event, kind: 'delivery', quantity: unjudged });
    }
    const inShop = releaseHeld(this.#shopHeld.get(orderId), sku, quantity);
    if (inShop > 0) this.#shopFree.set(sku, (this.#shopFree.get(sku) ?? 0) + inShop);
    const level = this.#levels.get(sku);
    const placed = releaseHeld(this.#placedHeld.get(orderId), sku, quantity);
    if (placed > 0 && level !== undefined) {
      const { reserved, version } = level;
      this.#levels.set(sku, { ...level, reserved: reserved - placed, version: version + 1 });
    }
  }

  #order(order: OrderEvent): void {
    this.#counts[order.isAccepted ? 'accepted' : 'refused'] += 1;
    const knownLines = order.lines.filter(({ sku }) => this.#isKnown(sku));
    const unknownLines = order.lines.filter((line) => !knownLines.includes(line));
    for (const { sku } of unknownLines) this.#unknownSkus.add(sku);
    const isWhole = unknownLines.length === 0;
    if (order.isAccepted && !isWhole) this.#unjudgedHeld.set(order.orderId, toHeld(unknownLines));
    if (order.isAccepted) this.#sell(order, knownLines);
    else if (isWhole) this.#refuse(order);
    // A refused order with a SKU of unknown stock is not decided: that SKU may be the reason.
    if (knownLines.length > 0 && (isWhole || order.isAccepted)) this.#settle(order, knownLines);
  }

  /**
   * Returns whether the stock of a SKU is known. The first call for a SKU adds the units of
   * `firstStock`.
   */
  #isKnown(sku: string): boolean {
    if (this.#shopFree.has(sku)) return true;
    const first = this.#firstStock(sku);
    if (first === undefined) return false;
    this.#restock({ kind: 'count', at: 0, line: 0, sku, quantity: first });
    return true;
  }

  #sell(order: OrderEvent, lines: readonly FeedLine[]): void {
    const short = this.#withFree(lines).filter(({ quantity, free }) => free < quantity);
    for (const { sku, quantity } of lines) {
      this.#shopFree.set(sku, (this.#shopFree.get(sku) ?? 0) - quantity);
    }
    this.#shopHeld.set(order.orderId, toHeld(lines));
    if (short.length === 0) return;
    const units = short.reduce((sum, { quantity, free }) => sum + quantity - Math.max(0, free), 0);
    this.#addFinding('oversold', order, short, units);
  }

  #refuse(order: OrderEvent): void {
    const lines = this.#withFree(order.lines);
    if (lines.some(({ quantity, free }) => free < quantity)) return;
    const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    this.#addFinding('wrongly_refused', order, lines, units);
  }

  #withFree(lines: readonly FeedLine[]) {
    return lines.map((line) => ({ ...line, free: this.#shopFree.get(line.sku) ?? 0 }));
  }

  #addFinding(
    kind: Finding['kind'],
    { orderId, line, at }: OrderEvent,
    lines: Finding['lines'],
    units: number,
  ): void {
    this.#findings.push({ kind, orderId, line, at, lines, units });
  }

  /** Decides the order as a worker would, and reserves the units if the order is placed. */
  #settle({ orderId, isAccepted }: OrderEvent, lines: readonly FeedLine[]): void {
    const stock = new Map(lines.map(({ sku }) => [sku, this.#levels.get(sku) ?? emptyLevel(sku)]));
    const { outcomes, stockChanges } = decideSettlements({
      checkouts: [{ id: orderId, lines: lines.map(toPricedLine), total: NO_PRICE }],
      stock,
      variantIdsForSale: new Set(stock.keys()),
    });
    for (const { variantId, toVersion, delta } of stockChanges) {
      const level = stock.get(variantId) ?? emptyLevel(variantId);
      const reserved = level.reserved + delta.reserved;
      this.#levels.set(variantId, { ...level, reserved, version: toVersion });
    }
    if (outcomes[0]?.status === 'placed') {
      this.#lastunit.placed += 1;
      if (!isAccepted) this.#lastunit.placedInstead += 1;
      this.#placedHeld.set(orderId, toHeld(lines));
    } else {
      this.#lastunit.refused += 1;
      if (isAccepted) this.#lastunit.refusedInstead += 1;
    }
  }
}

function emptyLevel(sku: string): StockLevel {
  const none = { onHand: 0, reserved: 0, sold: 0, version: 0 };
  return { variantId: sku, productId: sku, shopId: SHOP, ...none };
}

function toPricedLine({ sku, quantity }: FeedLine): PricedLine {
  const names = { variantId: sku, productId: sku, shopId: SHOP, sku, title: sku };
  return { ...names, quantity, unitPrice: NO_PRICE };
}

function toHeld(lines: readonly FeedLine[]): Map<string, number> {
  return new Map(lines.map(({ sku, quantity }) => [sku, quantity]));
}

/** Releases up to `quantity` units that an order holds, and returns how many. */
function releaseHeld(held: Map<string, number> | undefined, sku: string, quantity: number): number {
  const units = held?.get(sku) ?? 0;
  const released = Math.min(units, quantity);
  held?.set(sku, units - released);
  return released;
}
