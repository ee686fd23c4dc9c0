import type { ApiAnswer, ApiClient } from '../../../shared/testing/api-client.ts';

/** A cart as the API shows it, or the problem in its place. */
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

/** Units by variant. */
export function toUnits({ lines }: Pick<ShownCart, 'lines'>): Record<string, number> {
  return Object.fromEntries(lines.map(({ variantId, quantity }) => [variantId, quantity]));
}

/** A cart with so many units of each variant; answers its path. */
export async function givenCart(
  storefront: ApiClient,
  lines: readonly { readonly variantId: string; readonly quantity: number }[] = [],
  buyerId = 'buyer-1',
): Promise<string> {
  const { status, body } = await storefront.post<ShownCart>('/v1/carts', { buyerId, lines });
  if (status !== 201) throw new Error(`the cart was answered ${status} ${body.code}`);
  return `/v1/carts/${body.id}`;
}

/** Sets a line. */
export function putLine(
  storefront: ApiClient,
  path: string,
  variantId: string,
  quantity: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer<ShownCart>> {
  return storefront.send('PUT', `${path}/lines/${variantId}`, { quantity }, headers);
}

/** The number in an `ETag`: how often the cart has been changed. */
export function readRevision({ headers }: ApiAnswer<unknown>): number {
  return Number(/^"r(\d+)"$/.exec(headers.get('etag') ?? '')?.[1]);
}
