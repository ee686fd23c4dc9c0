import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { type GivenProduct, givenForSale } from '../../testing/requests.ts';
import type { TestApi, TestShop } from '../../testing/start-test-api.ts';

/** The fields of a checkout response that tests of codes use. */
export interface ShownCheckout {
  readonly id: string;
  readonly status: string;
  readonly subtotal?: number;
  readonly discount?: number;
  readonly total: number;
  readonly discounts?: readonly {
    readonly code: string;
    readonly shopId: string;
    readonly amount: number;
  }[];
  readonly orders: readonly {
    readonly id: string;
    readonly shopId: string;
    readonly total: number;
  }[];
  readonly rejection?: {
    readonly code: string;
    readonly discountCode?: string;
    readonly shopId?: string;
    readonly reason?: string;
  };
}

const PLENTY = 10_000;

let count = 0;

/** Returns a code that no other discount has. */
export function uniqueCode(): string {
  count += 1;
  return `CODE-AT-${count}`;
}

/** Creates products of two shops, and helpers that buy them with codes. */
export async function openCodeShops(api: TestApi) {
  const shirt = await givenForSale(api.shopA, { price: 1_000, onHand: PLENTY });
  const sock = await givenForSale(api.shopA, { price: 333, onHand: PLENTY });
  const hatOfB = await givenForSale(api.shopB, { price: 2_000, onHand: PLENTY });

  /** Checks out one unit of each product. */
  const post = (
    discountCodes: unknown,
    products: readonly GivenProduct[] = [shirt],
    options: { readonly key?: string; readonly shop?: TestShop } = {},
  ) => {
    count += 1;
    const { key = `codes-${count}`, shop = api.shopA } = options;
    const lines = products.map(({ variantId }) => ({ variantId, quantity: 1 }));
    const body = { buyerId: 'buyer', lines, discountCodes };
    return shop.post<ShownCheckout>('/v1/checkouts', body, { 'idempotency-key': key });
  };

  /** Settles a checkout like a worker, and reads the outcome. */
  const settle = async ({ id }: { readonly id: string }, shop = api.shopA) => {
    await settleCheckouts(api.context.ledger, [id]);
    return (await shop.get<ShownCheckout>(`/v1/checkouts/${id}`)).body;
  };

  const checkOut = async (codes: readonly string[], products?: readonly GivenProduct[]) => {
    const { status, body: accepted } = await post(codes, products);
    if (status !== 202) throw new Error(`placing the checkout failed: ${status}`);
    return { accepted, body: await settle(accepted) };
  };

  const readUses = async (code: string): Promise<number | undefined> => {
    const discount = await api.context.store.discounts.findOne({ code });
    return discount?.uses;
  };

  return { shirt, sock, hatOfB, post, settle, checkOut, readUses };
}

export type CodeShops = Awaited<ReturnType<typeof openCodeShops>>;
