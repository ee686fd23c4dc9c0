import { hashApiKey, newApiKey } from '../../shared/access/api-key.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { Store } from '../../shared/store/store.ts';
import { timed } from '../../shared/testing/timed.ts';

const REQUEST_TIMEOUT_MS = 35_000;

/** A checkout as the API shows it. */
export interface SeenCheckout {
  readonly id: string;
  readonly status: string;
  readonly orders: readonly { readonly id: string }[];
  readonly rejection?: { readonly code: string };
}

/** A response of the API. If the connection was cut, `status` is 0 and `json` is empty. */
export interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly ms: number;
}

/** Calls the API like a storefront. */
export interface Storefront {
  /** Posts a checkout under an idempotency key. */
  post(key: string, lines: readonly Line[], more?: CheckoutExtras): Promise<Answer>;
  /**
   * Waits until the checkout is no longer queued, and returns it.
   * @throws Error if it is still queued after four requests, which wait 15 s each
   */
  outcome(checkoutId: string): Promise<SeenCheckout>;
  /**
   * Posts a checkout and returns it as soon as it is no longer queued.
   * @throws Error if it is not accepted or stays queued
   */
  buy(key: string, lines: readonly Line[], more?: CheckoutExtras): Promise<SeenCheckout>;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** The fields of a checkout other than its lines. */
interface CheckoutExtras {
  readonly buyerId?: string;
  readonly discountCodes?: readonly string[];
  readonly drawId?: string;
  readonly reservationSeconds?: number;
  readonly whenSoldOut?: { readonly waitUntil: string };
}

type Line = { readonly variantId: string; readonly quantity: number };

const OUTCOME_TRIES_MAX = 4;

/** Stores an API key with every scope for the shop. */
export async function givenApiKey(store: Store, shopId: string): Promise<string> {
  const apiKey = newApiKey();
  const record = { shopId, name: 'test', hash: hashApiKey(apiKey), scopes: SCOPES };
  await store.apiKeys.insertOne({
    _id: newId('key'),
    ...record,
    createdAt: new Date(),
  });
  return apiKey;
}

/** Returns a storefront that calls this API with this key. */
export function storefront(apiUrl: string, apiKey: string): Storefront {
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const request = {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json', ...headers },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const { result, ms } = await timed(async () => {
      try {
        const response = await fetch(`${apiUrl}${path}`, request);
        return { status: response.status, json: (await response.json()) as Answer['json'] };
      } catch {
        return { status: 0, json: {} };
      }
    });
    return { ...result, ms };
  };
  const front: Storefront = {
    call: (method, path, body) => call(method, path, body),
    post: (key, lines, more = {}) => {
      const body = { buyerId: `buyer-${key}`, ...more, lines };
      return call('POST', '/v1/checkouts', body, { 'idempotency-key': key });
    },
    outcome: async (checkoutId) => {
      for (let tries = 1; ; tries += 1) {
        const path = `/v1/checkouts/${checkoutId}`;
        const { json } = await call('GET', path, undefined, { prefer: 'wait=15' });
        if (json['status'] !== 'queued' && json['status'] !== undefined) {
          return json as unknown as SeenCheckout;
        }
        if (tries === OUTCOME_TRIES_MAX) throw new Error(`${checkoutId} has no outcome`);
      }
    },
    buy: async (key, lines, more) => {
      const { status, json } = await front.post(key, lines, more);
      if (status !== 202) throw new Error(`checkout ${key} was answered ${status}`);
      return front.outcome(String(json['id']));
    },
  };
  return front;
}
