import { productRequest, type ShownProduct } from '../../testing/requests.ts';
import type { TestShop } from '../../testing/start-test-api.ts';

/** A product in the response to an edit. */
export interface Edited extends ShownProduct {
  readonly title: string;
  readonly description?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly updatedAt: string;
}

/**
 * Returns functions that create and edit products of a shop.
 * @param shop returns the shop of the test file, whose API starts later
 */
export function createEditor(shop: () => TestShop) {
  return {
    givenProduct: async (changes: Record<string, unknown> = {}): Promise<Edited> =>
      (await shop().post<Edited>('/v1/products', productRequest(changes))).body,
    edit: (id: string, changes: unknown, headers: Record<string, string> = {}) =>
      shop().send<Edited>('PATCH', `/v1/products/${id}`, changes, headers),
  };
}
