import { randomUUID } from 'node:crypto';

const PRODUCT = { title: 'Demo print', type: 'furniture' };
const PRICE = { price: 1_900, currency: 'EUR' };
const OUTCOME_WAIT_S = 10;

/** The product of a demo sale. */
export interface DemoProduct {
  readonly productId: string;
  readonly variantId: string;
  readonly sku: string;
}

interface DemoClientOptions {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Ends all calls. */
  readonly signal: AbortSignal;
}

interface CreatedProduct {
  readonly id: string;
  readonly variants: readonly [{ readonly id: string }];
}

interface Checkout {
  readonly orders?: readonly { readonly id: string }[];
}

/** Calls the HTTP API as the shop of a demo sale and its buyers do. */
export class DemoClient {
  readonly #options: DemoClientOptions;

  constructor(options: DemoClientOptions) {
    this.#options = options;
  }

  /** Puts a new product with this many units on sale. */
  async openSale(units: number): Promise<DemoProduct> {
    const sku = `DEMO-${randomUUID().slice(0, 8).toUpperCase()}`;
    const variants = [{ sku, ...PRICE }];
    const product = await this.#post<CreatedProduct>('/v1/products', { ...PRODUCT, variants });
    const { id: productId } = product;
    const [{ id: variantId }] = product.variants;
    const stock = { set: units, reason: 'demo sale' };
    await this.#post(`/v1/inventory/${variantId}/adjustments`, stock);
    await this.#post(`/v1/products/${productId}/publish`);
    return { productId, variantId, sku };
  }

  /**
   * Buys one unit, and confirms the order if it was placed. If a call fails, the buyer gives up.
   */
  async buy({ variantId }: DemoProduct, buyer: number): Promise<void> {
    const body = { buyerId: `demo-buyer-${buyer}`, lines: [{ variantId, quantity: 1 }] };
    const headers = {
      'idempotency-key': randomUUID(),
      prefer: `wait=${OUTCOME_WAIT_S}`,
    };
    try {
      const { orders = [] } = await this.#post<Checkout>('/v1/checkouts', body, headers);
      for (const { id } of orders) await this.#post(`/v1/orders/${id}/confirm`);
    } catch {
      // The page shows the outcomes of the other buyers.
    }
  }

  async #post<Answer>(path: string, body?: object, headers: object = {}): Promise<Answer> {
    const { apiUrl, apiKey, signal } = this.#options;
    const response = await fetch(`${apiUrl}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json', ...headers },
      signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`POST ${path} returned ${response.status}`);
    return (await response.json()) as Answer;
  }
}
