import { expect, test } from 'vitest';
import { signRequest } from './sign-request.ts';

const who = { apiKey: 'lu_key', keyId: 'key_1', secret: 'shown-once' };

test('a request is signed with the components that the API requires, and a body by its digest', () => {
  const headers = signRequest({
    method: 'POST',
    url: 'https://api.example/v1/checkouts?x=%20',
    headers: { 'Idempotency-Key': 'order-7', 'Content-Type': 'application/json' },
    body: '{"hello": "world"}',
    created: 1_618_884_473,
    nonce: 'b3k2pp5k7z',
    ...who,
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

test('without a body it signs no digest', () => {
  for (const body of ['', undefined]) {
    const headers = signRequest({
      method: 'GET',
      url: 'https://api.example/v1/orders',
      ...(body === undefined ? {} : { body }),
      ...who,
    });
    expect(headers['content-digest']).toBeUndefined();
    expect(headers['signature-input']).toMatch(/^sig=\("@method" "@target-uri" "x-api-key"\);/);
  }
});

test('a request that cannot be signed throws', () => {
  const request = { method: 'GET', url: '/v1/orders', ...who };
  expect(() => signRequest(request)).toThrow(TypeError);
  const url = 'https://api.example/';
  expect(() => signRequest({ ...request, url, apiKey: 'a\nb' })).toThrow(TypeError);
  expect(() => signRequest({ ...request, url, nonce: 'é' })).toThrow();
});
