import type { InnerList } from 'structured-headers';
import { expect, test } from 'vitest';
import { contentDigest, matchesDigest } from './content-digest.ts';
import { parseTarget, type SignedMessage } from './message.ts';
import { computeSignature, signatureBase } from './signature-base.ts';
import { readSignatures } from './signature-fields.ts';
import { verifySignedRequest } from './verify-signed-request.ts';

/** RFC 9421, B.1.5: the key named test-shared-secret. */
const SECRET = Buffer.from(
  'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
  'base64',
);
/** RFC 9421, B.2: the request named test-request. */
const HEADERS: Readonly<Record<string, string>> = {
  host: 'example.com',
  date: 'Tue, 20 Apr 2021 02:07:55 GMT',
  'content-type': 'application/json',
  'content-digest':
    'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
  'content-length': '18',
};
const BODY = '{"hello": "world"}';
/** RFC 9421, B.2.5. */
const SIGNATURE_INPUT =
  'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"';
const SIGNATURE = 'sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:';

function testRequest(): SignedMessage {
  const target = parseTarget('https://example.com/foo?param=Value&Pet=dog');
  if (target === undefined) throw new Error('no target');
  return { method: 'POST', target, header: (name) => HEADERS[name] };
}

function readPublishedSignature() {
  const [signature] = readSignatures(SIGNATURE_INPUT, SIGNATURE) ?? [];
  if (signature === undefined) throw new Error('no signature');
  return signature;
}

test('RFC 9421 B.2.5: signing the test request by hmac-sha256 returns the published signature', () => {
  const plain = (name: string): InnerList[0][number] => [name, new Map()];
  const covered: InnerList = [
    ['date', '@authority', 'content-type'].map(plain),
    new Map<string, string | number>([
      ['created', 1_618_884_473],
      ['keyid', 'test-shared-secret'],
    ]),
  ];
  const text = signatureBase(covered, testRequest());
  expect(text).toEqual({
    base: [
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@authority": example.com',
      '"content-type": application/json',
      '"@signature-params": ("date" "@authority" "content-type")' +
        ';created=1618884473;keyid="test-shared-secret"',
    ].join('\n'),
  });
  const bytes = computeSignature('base' in text ? text.base : '', SECRET);
  expect(`sig-b25=:${bytes.toString('base64')}:`).toBe(SIGNATURE);
});

test('RFC 9421 B.2.5: the published fields are parsed, and the signature matches', () => {
  const { keyId, covered, bytes } = readPublishedSignature();
  expect(keyId).toBe('test-shared-secret');
  const text = signatureBase(covered, testRequest());
  const computed = computeSignature('base' in text ? text.base : '', SECRET);
  expect(computed.equals(bytes ?? Buffer.alloc(0))).toBe(true);
});

test('the published request is signed correctly but covers too little', () => {
  const fields: Record<string, string> = {
    ...HEADERS,
    'signature-input': `${SIGNATURE_INPUT};nonce="b3k2pp5k7z-50gnwp.yemd"`,
    signature: SIGNATURE,
  };
  const request = {
    method: 'POST',
    requestTarget: '/foo?param=Value&Pet=dog',
    header: (name: string) => fields[name],
    body: Buffer.from(BODY),
  };
  const verifying = { findSecret: () => SECRET, now: new Date(1_618_884_473_000) };
  expect(verifySignedRequest(request, verifying)).toEqual({ ok: false, reason: 'not_covered' });
});

/** RFC 9421, 2.2: the derived components, here of the request named test-request in B.2. */
test.each([
  ['@method', 'POST'],
  ['@target-uri', 'https://example.com/foo?param=Value&Pet=dog'],
  ['@authority', 'example.com'],
  ['@scheme', 'https'],
  ['@request-target', '/foo?param=Value&Pet=dog'],
  ['@path', '/foo'],
  ['@query', '?param=Value&Pet=dog'],
])('RFC 9421 2.2: %s of the test request', (name, value) => {
  const text = signatureBase([[[name, new Map()]], new Map()], testRequest());
  expect(text).toEqual({ base: `"${name}": ${value}\n"@signature-params": ("${name}")` });
});

/** RFC 9530, 2, B.1, B.2 and B.3. The first body is the body of RFC 9421's test request. */
test.each([
  [BODY, 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:'],
  [`${BODY}\n`, 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:'],
  ['', 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:'],
  ['"world"}\n', 'sha-256=:jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=:'],
])('RFC 9530: the digest of %j', (body, field) => {
  expect(contentDigest(body)).toBe(field);
  expect(matchesDigest(field, Buffer.from(body))).toBe(true);
  expect(matchesDigest(field, Buffer.from(`${body} `))).toBe(false);
});

test('a sha-256 digest matches next to others; a malformed field or no sha-256 does not match', () => {
  const body = Buffer.from(BODY);
  const sha256 = contentDigest(BODY);
  expect(matchesDigest(`${HEADERS['content-digest']}, ${sha256}`, body)).toBe(true);
  const others = [HEADERS['content-digest'] ?? '', '', 'sha-256', 'sha-256=1', 'sha-256=:AAAA:'];
  for (const field of [...others, 'sha-256=:', '::', 'sha-256="x"', 'é', `${sha256},`]) {
    expect(matchesDigest(field, body)).toBe(false);
  }
});
