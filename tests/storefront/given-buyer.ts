import type { TestApi } from '../../api/testing/start-test-api.ts';
import { STOREFRONT_SCOPES } from '../../commands/seed/demo-keys.ts';
import { createStorefront } from '../../examples/storefront/app.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';

type Fetch = (target: string, init: RequestInit) => Promise<Response>;

/** A buyer of the storefront, without a browser. */
export interface Buyer {
  /** Returns the text of a page. */
  read(path: string): Promise<string>;
  /** Sends a form. */
  post(path: string, fields?: Record<string, string>): Promise<Response>;
}

/**
 * Opens the storefront of shop A for a new buyer. The storefront sends its requests to the API with
 * `sendToApi`.
 */
export async function givenBuyer(
  api: Pick<TestApi, 'url' | 'context' | 'shopA'>,
  sendToApi: Fetch = fetch,
): Promise<Buyer> {
  const key = { shopId: api.shopA.shopId, name: 'storefront', scopes: STOREFRONT_SCOPES };
  const { apiKey } = await createApiKey(api.context.store, key, new Date());
  const connection = { baseUrl: api.url, apiKey, fetch: sendToApi };
  const app = createStorefront({ connection, secret: 'a secret' });
  const [cookie = ''] = (await app.request('/cart')).headers.get('set-cookie')?.split(';') ?? [];
  return {
    read: async (path) => (await app.request(path, { headers: { cookie } })).text(),
    post: async (path, fields = {}) => {
      const headers = { cookie, origin: 'http://localhost' };
      return app.request(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
    },
  };
}
