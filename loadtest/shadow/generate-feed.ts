import type { FeedLine } from './feed.ts';

/** A generated feed, with the orders that its shop decided wrongly. */
export interface GeneratedFeed {
  readonly csv: string;
  readonly oversold: readonly string[];
  readonly wronglyRefused: readonly string[];
}

interface Plan {
  readonly orders: number;
  /** The same seed generates the same feed. */
  readonly seed: number;
}

const START = Date.UTC(2026, 10, 27, 9);
const SKUS = 8;
const FIRST_UNITS_MIN = 20;
const FIRST_UNITS_MAX = 200;
const QUANTITY_MAX = 3;
const GAP_MS_MAX = 100;
const DELIVERED_UNITS = 40;
/** One in this many orders has two SKUs, precedes a delivery, or precedes a cancellation. */
const TWO_SKUS_ONE_IN = 5;
const DELIVERY_ONE_IN = 40;
const CANCEL_ONE_IN = 30;
/** The shop reads its stock again after this many orders, and decides by what it has read. */
const READS_AFTER = 10;

/**
 * Generates the feed of a shop that decides by a copy of its stock. Near the last unit it
 * oversells, and after a delivery it refuses orders for a while although it has the units.
 */
export function generateFeed({ orders, seed }: Plan): GeneratedFeed {
  const random = randomBelow(seed);
  const shop = new CarelessShop(random);
  for (let number = 1; number <= orders; number += 1) {
    shop.order(`${number}`);
    if (random(DELIVERY_ONE_IN) === 0) shop.deliver();
    if (random(CANCEL_ONE_IN) === 0) shop.cancel();
  }
  return shop.feed;
}

/** A shop that decides by a copy of its stock, and writes what happens as the rows of a feed. */
class CarelessShop {
  readonly #random: (below: number) => number;
  readonly #rows = ['time,sku,quantity,result,order'];
  readonly #free = new Map<string, number>();
  readonly #held: { readonly id: string; readonly lines: readonly FeedLine[] }[] = [];
  readonly #oversold: string[] = [];
  readonly #wronglyRefused: string[] = [];
  #copy = new Map<string, number>();
  #ordersSinceRead = 0;
  #now = START;

  constructor(random: (below: number) => number) {
    this.#random = random;
    for (let index = 0; index < SKUS; index += 1) {
      const units = FIRST_UNITS_MIN + random(FIRST_UNITS_MAX - FIRST_UNITS_MIN);
      this.#free.set(`SKU-${index}`, units);
      this.#write({ sku: `SKU-${index}`, quantity: units }, 'stock');
    }
    this.#readStock();
  }

  get feed(): GeneratedFeed {
    const csv = `${this.#rows.join('\n')}\n`;
    return { csv, oversold: this.#oversold, wronglyRefused: this.#wronglyRefused };
  }

  order(id: string): void {
    this.#now += this.#random(GAP_MS_MAX);
    if (this.#ordersSinceRead >= READS_AFTER) this.#readStock();
    this.#ordersSinceRead += 1;
    const lines = this.#pickLines();
    const fits = (stock: ReadonlyMap<string, number>) =>
      lines.every(({ sku, quantity }) => quantity <= (stock.get(sku) ?? 0));
    const isAccepted = fits(this.#copy);
    if (isAccepted && !fits(this.#free)) this.#oversold.push(id);
    if (!isAccepted && fits(this.#free)) this.#wronglyRefused.push(id);
    for (const line of lines) {
      if (isAccepted) this.#add(line.sku, -line.quantity);
      this.#write(line, isAccepted ? 'accepted' : 'refused', id);
    }
    if (isAccepted) this.#held.push({ id, lines });
  }

  deliver(): void {
    const sku = this.#pickSku();
    this.#add(sku, DELIVERED_UNITS);
    this.#write({ sku, quantity: DELIVERED_UNITS }, 'delivery');
  }

  /** Cancels one of the orders that hold units. */
  cancel(): void {
    const [cancelled] = this.#held.splice(this.#random(Math.max(1, this.#held.length)), 1);
    for (const line of cancelled?.lines ?? []) {
      this.#add(line.sku, line.quantity);
      this.#write(line, 'cancelled', cancelled?.id);
    }
  }

  #readStock(): void {
    this.#copy = new Map(this.#free);
    this.#ordersSinceRead = 0;
  }

  #pickLines(): FeedLine[] {
    const skus = new Set([this.#pickSku()]);
    if (this.#random(TWO_SKUS_ONE_IN) === 0) skus.add(this.#pickSku());
    return [...skus].map((sku) => ({ sku, quantity: 1 + this.#random(QUANTITY_MAX) }));
  }

  #pickSku(): string {
    return `SKU-${this.#random(SKUS)}`;
  }

  #add(sku: string, units: number): void {
    this.#free.set(sku, (this.#free.get(sku) ?? 0) + units);
  }

  #write({ sku, quantity }: FeedLine, result: string, order = ''): void {
    this.#rows.push([new Date(this.#now).toISOString(), sku, quantity, result, order].join(','));
  }
}

/** Returns a generator of whole numbers below a bound (mulberry32, public domain). */
function randomBelow(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
