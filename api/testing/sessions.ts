import { type ApiClient, tokenClient } from '../../shared/testing/api-client.ts';
import type { TestApi } from './start-test-api.ts';

/** The tokens in a response, with the seconds until the access token expires. */
export interface GivenTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

/** A shop that has signed up and calls the API with the token of its session. */
export interface GivenSeller extends ApiClient, GivenTokens {
  readonly shopId: string;
  readonly email: string;
  readonly password: string;
}

type Api = Pick<TestApi, 'url' | 'anonymous'>;

let count = 0;

/** A valid sign-up with a unique e-mail address. */
export function signupRequest(changes: Record<string, unknown> = {}) {
  count += 1;
  const email = `seller-${process.pid}-${count}@shops.example`;
  return { name: `Shop ${count}`, email, password: `a good password ${count}`, ...changes };
}

/** Signs up a new shop. */
export async function givenSeller(api: Api): Promise<GivenSeller> {
  const request = signupRequest();
  const answer = await api.anonymous.post<GivenTokens & { shop: { id: string } }>(
    '/v1/auth/signup',
    request,
  );
  if (answer.status !== 201) throw new Error(`the sign-up was answered ${answer.status}`);
  const { shop, ...tokens } = answer.body;
  const { email, password } = request;
  return {
    ...tokens,
    ...tokenClient(api.url, tokens.accessToken),
    shopId: shop.id,
    email,
    password,
  };
}

/** Logs in and expects success. */
export async function logIn(
  api: Api,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<GivenTokens & ApiClient> {
  const answer = await api.anonymous.post<GivenTokens>('/v1/auth/login', { email, password });
  if (answer.status !== 200) throw new Error(`the login was answered ${answer.status}`);
  return { ...answer.body, ...tokenClient(api.url, answer.body.accessToken) };
}

/** Exchanges a refresh token. */
export function refresh(api: Api, refreshToken: string) {
  return api.anonymous.post<GivenTokens & { readonly code?: string }>('/v1/auth/refresh', {
    refreshToken,
  });
}

/** Returns the latest 100 audit entries of a shop, newest first. */
export async function auditOf(seller: ApiClient): Promise<readonly ShownEntry[]> {
  const { body } = await seller.get<{ items: readonly ShownEntry[] }>('/v1/shop/audit?limit=100');
  return body.items;
}

/** An entry of the audit log in responses. */
export interface ShownEntry {
  readonly action: string;
  readonly outcome: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly target?: string;
  readonly shopId?: string;
  readonly address?: string;
  readonly requestId?: string;
  readonly detail?: Record<string, unknown>;
}
