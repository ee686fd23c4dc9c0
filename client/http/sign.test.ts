import fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifySignedRequest } from '../../shared/access/request-signature/verify-signed-request.ts';
import { signRequest } from './sign.ts';

const SECRET = 'a secret of the key';
const SIGNED_BY = { keyId: 'key_1', secret: SECRET };

const requests = fc.record({
  method: fc.constantFrom<string[]>('GET', 'POST', 'PUT', 'DELETE'),
  path: fc.webPath().map((path) => (path.startsWith('/') ? path : `/${path}`)),
  query: fc.webQueryParameters(),
  body: fc.oneof(fc.constant(''), fc.json()),
  idempotencyKey: fc.option(fc.stringMatching(/^[\x21-\x7e]{1,40}$/), { nil: undefined }),
});
type Sent = typeof requests extends fc.Arbitrary<infer Value> ? Value : never;

async function sign({ method, path, query, body, idempotencyKey }: Sent) {
  const { href: url } = new URL(`http://shop.example${path}?${query}`);
  const headers = new Headers({ 'x-api-key': 'lu_key', host: 'shop.example' });
  if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
  const bytes = new TextEncoder().encode(body);
  const added = await signRequest({ method, url, headers, body: bytes }, SIGNED_BY);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  const { pathname, search } = new URL(url);
  return { method, requestTarget: `${pathname}${search}`, headers, body: bytes };
}

function verify({ headers, ...request }: Awaited<ReturnType<typeof sign>>) {
  const header = (name: string) => headers.get(name) ?? undefined;
  const findSecret = (keyId: string) => (keyId === 'key_1' ? SECRET : undefined);
  return verifySignedRequest({ ...request, header }, { findSecret, now: new Date() });
}

test('the API accepts every signed request', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      expect(verify(await sign(request))).toMatchObject({ ok: true, keyId: 'key_1' });
    }),
  );
});

test('the API refuses a request that was changed after it was signed', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const signed = await sign(request);
      const other = new TextEncoder().encode(`${request.body}x`);
      expect(verify({ ...signed, body: other }).ok).toBe(false);
      expect(verify({ ...signed, method: 'PATCH' }).ok).toBe(false);
      expect(verify({ ...signed, requestTarget: `${signed.requestTarget}x` }).ok).toBe(false);
    }),
  );
});

test('each signature has its own nonce', async () => {
  const request = { method: 'GET', path: '/', query: '', body: '', idempotencyKey: undefined };
  const inputs = await Promise.all([sign(request), sign(request)]);
  const [first, second] = inputs.map(({ headers }) => headers.get('signature-input'));
  expect(first).not.toBe(second);
});
