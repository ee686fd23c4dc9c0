import { expect, test } from 'vitest';
import { parseRequestTarget } from './message.ts';
import { SIGNATURE_REFUSALS } from './reasons.ts';
import {
  API_KEY,
  HOST,
  KEY_ID,
  NOW_S,
  type Received,
  SECRET,
  signedCheckout,
  signedGet,
} from './testing/received.ts';
import { COVERED, LINES, PARAMETERS, readReason, signedBy, verify } from './testing/verifying.ts';
import { isSigned } from './verify-signed-request.ts';

const OK = { ok: true, keyId: KEY_ID, created: NOW_S };

test('requests signed by a client are accepted, with and without a body', () => {
  expect(verify(signedCheckout({ nonce: 'once-only' }))).toEqual({ ...OK, nonce: 'once-only' });
  expect(verify(signedGet())).toMatchObject(OK);
  expect(verify(signedCheckout({ body: new Uint8Array([0, 255, 10]) }))).toMatchObject(OK);
  expect(readReason(signedBy(COVERED + PARAMETERS, LINES))).toBe('ok');
});

test('two signatures of the same request have different nonces', () => {
  const [first, second] = [verify(signedGet()), verify(signedGet())];
  expect(first.ok && second.ok && first.nonce !== second.nonce).toBe(true);
});

test('a body requires its own digest, covered by the signature', () => {
  const bodiless = signedGet();
  expect(readReason({ ...bodiless, body: Buffer.from('{}') })).toBe('not_covered');
  const signed = signedCheckout();
  expect(readReason({ ...signed, body: Buffer.alloc(0) })).toBe('digest_mismatch');
  expect(readReason({ ...signed, body: Buffer.from(`${signed.body} `) })).toBe('digest_mismatch');
  const sha512 = `sha-512=:${'A'.repeat(86)}==:`;
  const headers = { ...signed.headers, 'content-digest': sha512 };
  expect(readReason({ ...signed, headers })).toBe('mismatch');
});

test('the API key in the request must be the signed key, with its keyid and secret', () => {
  const signed = signedGet();
  const headers = { ...signed.headers, 'x-api-key': `${API_KEY.slice(0, -1)}e` };
  expect(readReason({ ...signed, headers })).toBe('mismatch');
  expect(readReason(signedGet({ keyId: 'key_other' }))).toBe('unknown_key');
  expect(readReason(signedGet({ secret: `${SECRET}x` }))).toBe('mismatch');
});

test('methods are case-sensitive, and the question mark of an empty query counts', () => {
  expect(readReason({ ...signedGet(), method: 'get' })).toBe('mismatch');
  const url = `http://${HOST}/v1/orders?`;
  expect(readReason({ ...signedGet({ url }), requestTarget: '/v1/orders?' })).toBe('ok');
  expect(readReason({ ...signedGet({ url }), requestTarget: '/v1/orders' })).toBe('mismatch');
});

test('hosts are case-insensitive, and default ports are ignored', () => {
  const signed = signedGet({ url: 'http://shop.example/v1/orders' });
  for (const [host, result] of [
    ['Shop.Example', 'ok'],
    ['shop.example:80', 'ok'],
    ['shop.example:443', 'mismatch'],
    ['shop.example, other.example', 'mismatch'],
    ['', 'mismatch'],
  ] as const) {
    expect(readReason({ ...signed, headers: { ...signed.headers, host } })).toBe(result);
  }
});

test('behind a proxy the public URL replaces the Host header', () => {
  const signed = signedGet({ url: 'https://api.example/v1/orders?limit=2' });
  const headers = { ...signed.headers, host: '10.0.0.7:3000', 'x-forwarded-host': 'evil.example' };
  expect(verify({ ...signed, headers }, 'https://API.example:443')).toMatchObject(OK);
  expect(verify({ ...signed, headers }, 'https://other.example').ok).toBe(false);
  expect(verify({ ...signed, headers }).ok).toBe(false);
});

test('only a target in origin form is accepted', () => {
  for (const requestTarget of [`http://${HOST}/v1/orders`, '*', '', 'v1/orders', '/v1/orders#x']) {
    expect(readReason({ ...signedGet(), requestTarget })).toBe('mismatch');
  }
});

test('a long malformed host is refused in linear time', () => {
  const host = `${'a'.repeat(256 * 1_024)} `;
  const start = performance.now();
  expect(parseRequestTarget('/v1/orders', host, undefined)).toBeUndefined();
  // A search that tries each end of the host takes minutes.
  expect(performance.now() - start).toBeLessThan(8_000);
});

test('only the first signature with the keyid of the API key counts', () => {
  const good = signedGet();
  const both = (input: string, signature: string): Received => {
    const { headers } = good;
    // The other signature comes first unless it begins with a space.
    const join = (ours: string | undefined, other: string) =>
      other.startsWith(' ') ? `${ours},${other}` : `${other}, ${ours}`;
    const fields = {
      'signature-input': join(headers['signature-input'], input),
      signature: join(headers['signature'], signature),
    };
    return { ...good, headers: { ...headers, ...fields } };
  };
  const proxy = 'proxy=("@method");created=1;keyid="proxy"';
  expect(readReason(both(proxy, 'proxy=:AAAA:'))).toBe('ok');
  expect(readReason(both(` ${proxy}`, ' proxy=:AAAA:'))).toBe('ok');
  const bad = `bad=${COVERED}${PARAMETERS}`;
  expect(readReason(both(bad, 'bad=:AAAA:'))).toBe('mismatch');
  expect(readReason(both(` ${bad}`, ' bad=:AAAA:'))).toBe('ok');
  const weak = `weak=();created=${NOW_S};nonce="0123456789";keyid="${KEY_ID}"`;
  expect(readReason(both(weak, 'weak=:AAAA:'))).toBe('not_covered');
});

test('a signature with other unused bits or without padding is refused', () => {
  const signed = signedGet();
  const signature = signed.headers['signature'] ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = alphabet.indexOf(signature.at(-3) ?? '');
  const otherUnusedBits = `${signature.slice(0, -3)}${alphabet[last ^ 1]}=:`;
  const unpadded = `${signature.slice(0, -2)}:`;
  for (const text of [otherUnusedBits, unpadded]) {
    const headers = { ...signed.headers, signature: text };
    expect(readReason({ ...signed, headers })).toBe('malformed');
  }
});

test.each([
  ['sig', 'sig=:AAAA:'],
  ['sig=1', 'sig=:AAAA:'],
  ['sig=("@method"', 'sig=:AAAA:'],
  ['sig=("@method");', 'sig=:AAAA:'],
  ['', ''],
  [' ', ' '],
  ['é', 'é'],
  [`sig=${COVERED}${PARAMETERS}`, 'other=:AAAA:'],
  [`sig=${COVERED}${PARAMETERS}`, 'sig'],
  [`sig=${COVERED}${PARAMETERS}`, 'sig="AAAA"'],
  [`sig=${COVERED}${PARAMETERS}`, 'sig=:*:'],
  [`sig=(${'"a" '.repeat(33)})${PARAMETERS}`, 'sig=:AAAA:'],
  [Array.from({ length: 9 }, (_, n) => `s${n}=${COVERED}${PARAMETERS}`).join(', '), 's0=:AAAA:'],
  [`sig=${COVERED}${PARAMETERS};pad="${'x'.repeat(4_096)}"`, 'sig=:AAAA:'],
])('Signature-Input %j with Signature %j is malformed', (signatureInput, signature) => {
  const fields = { 'signature-input': signatureInput, signature };
  const request = signedGet();
  expect(readReason({ ...request, headers: { ...request.headers, ...fields } })).toBe('malformed');
});

test('a signature of another length does not match, and Signature-Input without Signature is malformed', () => {
  const request = signedGet();
  for (const signature of ['sig=::', 'sig=:AAAA:', `sig=:${'A'.repeat(88)}:`]) {
    expect(readReason({ ...request, headers: { ...request.headers, signature } })).toBe('mismatch');
  }
  const { signature: _, ...unsigned } = request.headers;
  expect(readReason({ ...request, headers: unsigned })).toBe('malformed');
  const { 'signature-input': __, ...bare } = unsigned;
  expect(readReason({ ...request, headers: bare })).toBe('missing');
  expect(isSigned((name) => unsigned[name])).toBe(true);
  expect(isSigned((name) => bare[name])).toBe(false);
});

test('a header value with a line break cannot imitate the next lines of the signature base', () => {
  const key = `${API_KEY}\n"date": today`;
  const forged = signedBy(COVERED + PARAMETERS, [...LINES.slice(0, 2), `"x-api-key": ${key}`]);
  forged.headers['x-api-key'] = key;
  expect(readReason(forged)).toBe('malformed');
});

test('every refusal has a detail of one sentence', () => {
  for (const sentence of Object.values(SIGNATURE_REFUSALS)) expect(sentence).toMatch(/^[A-Z].+\.$/);
});
