import type { ApiAnswer, ApiClient } from '../../../shared/testing/api-client.ts';

/** The body of a response: a cart or a problem. */
export interface ShownCart {
  readonly id: string;
  readonly code?: string;
  readonly buyerId: string;
  readonly currency?: string;
  readonly subtotal?: number;
  readonly isAmountTooLarge: boolean;
  readonly lines: readonly {
    readonly variantId: string;
    readonly title: string;
    readonly quantity: number;
    readonly unitPrice: number;
    readonly available: number;
    readonly isForSale: boolean;
  }[];
  readonly changes: readonly { readonly variantId: string; readonly kind: string }[];
  readonly checkoutId?: string;
  readonly checkoutStatus?: string;
  readonly isCheckedOut: boolean;
  readonly expiresAt: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** Returns the quantity of each variant in a cart. */
export function toUnits({ lines }: Pick<ShownCart, 'lines'>): Record<string, number> {
  return Object.fromEntries(lines.map(({ variantId, quantity }) => [variantId, quantity]));
}

/** Creates a cart with these lines through the API; returns its path. */
export async function givenCart(
  storefront: ApiClient,
  lines: readonly { readonly variantId: string; readonly quantity: number }[] = [],
  buyerId = 'buyer-1',
): Promise<string> {
  const { status, body } = await storefront.post<ShownCart>('/v1/carts', { buyerId, lines });
  if (status !== 201) throw new Error(`creating the cart failed: ${status} ${body.code}`);
  return `/v1/carts/${body.id}`;
}

/** Sets the quantity of a line through the API. */
export function putLine(
  storefront: ApiClient,
  path: string,
  variantId: string,
  quantity: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer<ShownCart>> {
  return storefront.send('PUT', `${path}/lines/${variantId}`, { quantity }, headers);
}

/** Reads a cart's revision from the `ETag` of a response. */
export function readRevision({ headers }: ApiAnswer<unknown>): number {
  return Number(/^"r(\d+)"$/.exec(headers.get('etag') ?? '')?.[1]);
}
