import type { Api } from '../system/api.ts';
import { runConcurrently } from '../system/run-concurrently.ts';
import {
  createDraw,
  createProduct,
  limitPurchases,
  publishProduct,
  readLevel,
  setOnHand,
} from '../system/stock-products.ts';
import type { Phase } from './phases.ts';
import { type CartKind, toCart } from './script/carts.js';

/** A product created for a run; `stock` is its stock at the start. */
export interface TestProduct {
  readonly variantId: string;
  readonly sku: string;
  readonly stock: number;
  /** The draw of its units, if there is one. */
  readonly drawId?: string;
}

/** The products of each phase, by the name of the phase. */
export type TestProducts = ReadonlyMap<string, readonly TestProduct[]>;

type PhaseLoad = Pick<Phase, 'cart' | 'rate' | 'seconds'>;
type PhasePlan = PhaseLoad & Pick<Phase, 'name' | 'stockPercent'> & Partial<Pick<Phase, 'buyer'>>;

/** The number of products for each kind of cart. */
const PRODUCTS: Readonly<Record<CartKind, number>> = { hot: 1, spread: 100, mix: 40 };
const CONCURRENCY = 16;
/** The number of units of a limited product that a buyer may have; `drops.js` checks it. */
const UNITS_PER_BUYER = 2;
/** A draw stays open this much longer than its phase, because k6 has to start first. */
const DRAW_SPARE_S = 12;
const CURRENCY = 'GBP';
const PRICE_MIN = 500;

/** Returns the total demand of a phase's buyers for each product. */
export function countDemand({ cart, rate, seconds }: PhaseLoad): number[] {
  const places = PRODUCTS[cart];
  const demand = new Array<number>(places).fill(0);
  for (let number = 0; number < rate * seconds; number += 1) {
    for (const { place, quantity } of toCart(cart, number, places)) {
      demand[place] = (demand[place] ?? 0) + quantity;
    }
  }
  return demand;
}

/** Creates and publishes the products of each phase, with their stock, purchase limits and draws. */
export async function prepareTestProducts(
  api: Api,
  runId: string,
  phases: readonly PhasePlan[],
): Promise<TestProducts> {
  const byPhase = new Map<string, TestProduct[]>();
  for (const phase of phases) {
    const products: TestProduct[] = [];
    const stocks = countDemand(phase).map((units) => {
      return Math.floor((units * phase.stockPercent) / 100);
    });
    await runConcurrently(stocks.entries(), CONCURRENCY, async ([place, stock]) => {
      const sku = `${runId}-${phase.name}-${place}`;
      const product = await prepareProduct(api, phase, { sku, stock, price: PRICE_MIN + place });
      products[place] = product;
    });
    byPhase.set(phase.name, products);
  }
  return byPhase;
}

interface ProductTerms {
  readonly sku: string;
  readonly stock: number;
  readonly price: number;
}

async function prepareProduct(
  api: Api,
  { buyer, seconds }: PhasePlan,
  { sku, stock, price }: ProductTerms,
): Promise<TestProduct> {
  const plan = { sku, title: `Flash sale ${sku}`, price, currency: CURRENCY };
  const product = await createProduct(api, plan);
  if (product === undefined) throw new Error(`the shop already has a product ${sku}`);
  if (stock > 0) await setOnHand(api, product.variantId, stock, 'stock for a flash sale');
  if (buyer === 'limited') await limitPurchases(api, product, UNITS_PER_BUYER);
  await publishProduct(api, product);
  const { variantId } = product;
  if (buyer !== 'draw') return { variantId, sku, stock };
  const openMs = (seconds + DRAW_SPARE_S) * 1_000;
  return { variantId, sku, stock, drawId: await createDraw(api, variantId, stock, openMs) };
}

/**
 * Returns descriptions of products that are oversold or whose units do not add up to their stock.
 */
export async function findOversold(api: Api, products: TestProducts): Promise<string[]> {
  const oversold: string[] = [];
  await runConcurrently(
    [...products.values()].flat(),
    CONCURRENCY,
    async ({ variantId, sku, stock }) => {
      const { onHand, reserved, sold } = await readLevel(api, variantId);
      const taken = reserved + sold;
      if (taken <= stock && onHand + sold === stock) return;
      oversold.push(
        `${sku}: ${taken} units are reserved or sold and ${onHand} on hand, but the stock was ${stock}`,
      );
    },
  );
  return oversold;
}
