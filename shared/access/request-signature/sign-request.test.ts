import { expect, test } from 'vitest';
import { signRequest } from './sign-request.ts';

const credentials = { apiKey: 'lu_key', keyId: 'key_1', secret: 'shown-once' };

test('signRequest covers what the API requires, the Idempotency-Key and the digest of the body', () => {
  const headers = signRequest({
    method: 'POST',
    url: 'https://api.example/v1/checkouts?x=%20',
    headers: { 'Idempotency-Key': 'order-7', 'Content-Type': 'application/json' },
    body: '{"hello": "world"}',
    created: 1_618_884_473,
    nonce: 'b3k2pp5k7z',
    ...credentials,
  });
  expect(headers).toEqual({
    'x-api-key': 'lu_key',
    'idempotency-key': 'order-7',
    'content-type': 'application/json',
    'content-digest': 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:',
    'signature-input':
      'sig=("@method" "@target-uri" "x-api-key" "idempotency-key" "content-digest")' +
      ';created=1618884473;nonce="b3k2pp5k7z";keyid="key_1"',
    signature: 'sig=:2XNX61rS1FboZlr+YD5jOO4N7hr66+6UHC7OrAgy1Qg=:',
  });
});

test('a request without a body gets no digest', () => {
  for (const body of ['', undefined]) {
    const headers = signRequest({
      method: 'GET',
      url: 'https://api.example/v1/orders',
      ...(body === undefined ? {} : { body }),
      ...credentials,
    });
    expect(headers['content-digest']).toBeUndefined();
    expect(headers['signature-input']).toMatch(/^sig=\("@method" "@target-uri" "x-api-key"\);/);
  }
});

test('signing throws for a relative URL, a line break in the API key, and a nonce outside ASCII', () => {
  const request = { method: 'GET', url: '/v1/orders', ...credentials };
  expect(() => signRequest(request)).toThrow(TypeError);
  const url = 'https://api.example/';
  expect(() => signRequest({ ...request, url, apiKey: 'a\nb' })).toThrow(TypeError);
  expect(() => signRequest({ ...request, url, nonce: 'é' })).toThrow();
});
