import { ApiKeyCache } from '../../../api/access/api-key-cache.ts';
import { authenticate } from '../../../api/access/authenticate.ts';
import { toSigningSecret } from '../../../api/access/signing-secret.ts';
import type { ApiContext } from '../../../api/context.ts';
import type { PresentedRequest } from '../../../api/http/node-request.ts';
import { signRequest } from '../../../shared/access/request-signature/sign-request.ts';
import { newSecretsKey } from '../../../shared/access/system-secrets.ts';
import type { RedisClient } from '../../../shared/queue/connections.ts';
import { openNonceRegister } from '../../../shared/queue/nonce-register.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import type { Store } from '../../../shared/store/store.ts';

/** Requests that a busy API handles concurrently. */
const CONCURRENCY = 64;
const HOST = 'shop.example';
const PATH = '/v1/checkouts';
const SECOND_MS = 1_000;

/** The database and the Redis that authentication reads. */
interface AuthenticationPlace {
  readonly store: Store;
  readonly redis: RedisClient;
  readonly keyPrefix: string;
}

/** Prepares requests with a key, so that only their authentication is measured. */
export async function prepareAuthentication(
  { store, redis, keyPrefix }: AuthenticationPlace,
  apiKey: string,
  operations: number,
) {
  const secretsKey = newSecretsKey();
  const apiKeyCache = new ApiKeyCache(store, systemClock);
  const found = await apiKeyCache.find(apiKey);
  if (found === undefined) throw new Error('the API key of the bench is not stored');
  const { key } = found;
  const nonces = openNonceRegister(redis, keyPrefix, Date.now);
  const config = { secrets: { secretsKey } };
  const context = { clock: systemClock, apiKeyCache, nonces, config } as unknown as ApiContext;
  const secret = toSigningSecret(secretsKey, key._id, key.generation ?? 0);
  const text = JSON.stringify({ buyerId: 'buyer-00000', lines: [{ variantId: 'x', quantity: 1 }] });
  // Signatures created before the nonce register started are rejected.
  const created = Math.floor(Date.now() / SECOND_MS) + 2;
  const signed = Array.from({ length: operations }, () =>
    toPresentedRequest(
      signRequest({
        method: 'POST',
        url: `http://${HOST}${PATH}`,
        headers: { 'content-type': 'application/json' },
        body: text,
        apiKey,
        keyId: key._id,
        secret,
        created,
      }),
      text,
    ),
  );
  const unsigned = toPresentedRequest({ 'x-api-key': apiKey }, text);
  return {
    byKey: () => inGroups(operations, () => authenticate(context, unsigned)),
    byKeyAndSignature: () =>
      inGroups(operations, (index) => authenticate(context, signed[index] ?? unsigned)),
  };
}

/** Prepared requests, and the two ways to authenticate them. */
export type Authentication = Awaited<ReturnType<typeof prepareAuthentication>>;

function toPresentedRequest(headers: Record<string, string>, text: string): PresentedRequest {
  const allHeaders: Record<string, string> = { host: HOST, ...headers };
  const bytes = Buffer.from(text);
  return {
    method: 'POST',
    requestTarget: PATH,
    header: (name) => allHeaders[name],
    body: () => Promise.resolve(bytes),
  };
}

async function inGroups(
  operations: number,
  authenticateOne: (index: number) => Promise<unknown>,
): Promise<void> {
  for (let first = 0; first < operations; first += CONCURRENCY) {
    const size = Math.min(CONCURRENCY, operations - first);
    await Promise.all(Array.from({ length: size }, (_, offset) => authenticateOne(first + offset)));
  }
}
