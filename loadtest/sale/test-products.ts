import type { Api } from '../system/api.ts';
import { runConcurrently } from '../system/run-concurrently.ts';
import { createProduct, publishProduct, readLevel, setOnHand } from '../system/stock-products.ts';
import { toCart } from './k6/carts.js';
import type { SaleOptions, ScenarioName, ScenarioPlan } from './options.ts';

/** A product created for the sale; `stock` is its stock at the start. */
export interface SaleProduct {
  readonly variantId: string;
  readonly sku: string;
  readonly stock: number;
}

/** The products of each scenario. */
export type TestProducts = ReadonlyMap<ScenarioName, readonly SaleProduct[]>;

const PRODUCTS: Readonly<Record<ScenarioName, number>> = { hot: 1, spread: 100, mix: 40 };
const CONCURRENCY = 16;
const CURRENCY = 'GBP';
const PRICE_MIN = 500;

/** Returns the total demand of a scenario's buyers for each product. */
export function countDemand({ name, rate, seconds }: ScenarioPlan): number[] {
  const places = PRODUCTS[name];
  const demand = new Array<number>(places).fill(0);
  for (let number = 0; number < rate * seconds; number += 1) {
    for (const { place, quantity } of toCart(name, number, places)) {
      demand[place] = (demand[place] ?? 0) + quantity;
    }
  }
  return demand;
}

/** Creates products with stock and publishes them. */
export async function prepareTestProducts(
  api: Api,
  saleId: string,
  { scenarios, stockPercent }: Pick<SaleOptions, 'scenarios' | 'stockPercent'>,
): Promise<TestProducts> {
  const byScenario = new Map<ScenarioName, SaleProduct[]>();
  for (const scenario of scenarios) {
    const products: SaleProduct[] = [];
    const stocks = countDemand(scenario).map((units) => Math.floor((units * stockPercent) / 100));
    await runConcurrently(stocks.entries(), CONCURRENCY, async ([place, stock]) => {
      const sku = `${saleId}-${scenario.name}-${place}`;
      products[place] = await prepareProduct(api, sku, stock, PRICE_MIN + place);
    });
    byScenario.set(scenario.name, products);
  }
  return byScenario;
}

async function prepareProduct(
  api: Api,
  sku: string,
  stock: number,
  price: number,
): Promise<SaleProduct> {
  const plan = { sku, title: `Flash sale ${sku}`, price, currency: CURRENCY };
  const product = await createProduct(api, plan);
  if (product === undefined) throw new Error(`the shop already has a product ${sku}`);
  if (stock > 0) await setOnHand(api, product.variantId, stock, 'stock for a flash sale');
  await publishProduct(api, product);
  return { variantId: product.variantId, sku, stock };
}

/** Returns descriptions of products whose sold and reserved units exceed their stock. */
export async function findOversold(api: Api, products: TestProducts): Promise<string[]> {
  const oversold: string[] = [];
  await runConcurrently(
    [...products.values()].flat(),
    CONCURRENCY,
    async ({ variantId, sku, stock }) => {
      const { onHand, reserved, sold } = await readLevel(api, variantId);
      const taken = reserved + sold;
      if (taken <= stock && onHand + sold === stock) return;
      oversold.push(`${sku}: of ${stock} units ${taken} are taken, ${onHand} on hand`);
    },
  );
  return oversold;
}
