import { Checkouts } from './checkouts.ts';
import { Resources } from './generated/resources.ts';
import { Http } from './http/http.ts';
import type { SigningCredentials } from './http/sign.ts';

const RETRIES = 5;
const TIMEOUT_MS = 30_000;

/** A token, or a function that returns the current token and is called for each attempt. */
type Token = string | (() => string | Promise<string>);

/** Who calls: a storefront or an integration, a buyer in a browser, a shop, or no one. */
type Credentials =
  | {
      readonly apiKey: string;
      /** For keys that require signatures. */
      readonly signing?: SigningCredentials | undefined;
      readonly buyerToken?: never;
      readonly accessToken?: never;
    }
  | (WithoutKey & { readonly buyerToken: Token; readonly accessToken?: never })
  | (WithoutKey & { readonly accessToken: Token; readonly buyerToken?: never })
  | (WithoutKey & { readonly buyerToken?: never; readonly accessToken?: never });

interface WithoutKey {
  readonly apiKey?: never;
  readonly signing?: never;
}

/** The options of a client. */
export type LastunitOptions = Credentials & {
  /** Where the API is, with its path if it has one: `https://shop.example/api`. */
  readonly baseUrl: string;
  /** How often a call is tried again; 5 by default, at most 100. */
  readonly retries?: number | undefined;
  /**
   * How long each attempt may take, in ms; 30,000 by default. Imports, exports and erasures may take
   * longer.
   */
  readonly timeoutMs?: number | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
};

/**
 * A client of the Lastunit API.
 * @example
 * const lastunit = new Lastunit({ baseUrl: 'http://127.0.0.1:3000', apiKey });
 * const lines = [{ variantId, quantity: 1 }];
 * const outcome = await lastunit.checkouts.submitAndWait({ buyerId: 'buyer-1', lines });
 */
export class Lastunit extends Resources {
  override readonly checkouts: Checkouts;

  constructor(options: LastunitOptions) {
    const { baseUrl, retries = RETRIES, timeoutMs = TIMEOUT_MS } = options;
    const http = new Http({
      baseUrl,
      retries,
      timeoutMs,
      credentials: () => toCredentials(options),
      signing: options.signing,
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    });
    super(http);
    this.checkouts = new Checkouts(http);
  }
}

async function toCredentials({
  apiKey,
  buyerToken,
  accessToken,
}: Credentials): Promise<Record<string, string>> {
  if (apiKey !== undefined) return { 'x-api-key': apiKey };
  const token = buyerToken ?? accessToken;
  if (token === undefined) return {};
  return { authorization: `Bearer ${typeof token === 'string' ? token : await token()}` };
}
