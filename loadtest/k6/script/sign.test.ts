import { createHmac, hash, randomBytes } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import {
  type RequestToSign,
  signRequest,
} from '../../../shared/access/request-signature/sign-request.ts';

// Modules that only k6 provides, implemented with Node's.
vi.mock('k6/crypto', () => ({
  default: {
    sha256: (data: string, encoding: 'base64') => hash('sha256', data, encoding),
    hmac: (_: string, secret: string, data: string, encoding: 'base64') =>
      createHmac('sha256', secret).update(data).digest(encoding),
    randomBytes: (size: number) => randomBytes(size),
  },
}));
vi.mock('k6/encoding', () => ({
  default: { b64encode: (data: Buffer) => data.toString('base64url') },
}));

const k6: { signRequest: typeof signRequest } = await import(String('./sign.js'));

const credentials = { apiKey: 'lu_key', keyId: 'key_1', secret: 'shown-once' };
const fixed = { created: 1_618_884_473, nonce: 'a "quoted" \\ nonce', ...credentials };

test.each<RequestToSign>([
  { method: 'GET', url: 'http://127.0.0.1:3000/v1/orders?limit=2#top', ...fixed },
  { method: 'POST', url: 'https://api.example/v1/carts', body: '', ...fixed },
  {
    method: 'POST',
    url: 'https://api.example/v1/checkouts',
    headers: { 'Idempotency-Key': 'order-7', 'Content-Type': 'application/json' },
    body: '{"title":"Ünïcödé ✓"}',
    ...fixed,
  },
])('the signer for k6 signs $method $url like the signer for Node', (request) => {
  expect(k6.signRequest(request)).toEqual(signRequest(request));
});

test('the signer for k6 uses a new nonce for each signature', () => {
  const request = { method: 'GET', url: 'https://api.example/v1/orders', ...credentials };
  const nonces = [1, 2].map(
    () => /nonce="([\w-]{22})"/.exec(k6.signRequest(request)['signature-input'] ?? '')?.[1],
  );
  expect(nonces[0]).toBeDefined();
  expect(nonces[0]).not.toBe(nonces[1]);
});
