import fc from 'fast-check';
import { expect, test } from 'vitest';
import { promiseRuns } from '../../testing/promises.ts';
import {
  NOW,
  type Received,
  SECRET,
  signedCheckout,
  toReceivedRequest,
} from './testing/received.ts';
import { verifySignedRequest } from './verify-signed-request.ts';

const FLIPS = promiseRuns(2_000, 300);
/** Every keyid has a secret here, so that a changed keyid is not refused for a missing secret. */
const verifying = { findSecret: () => SECRET, now: NOW };

const HEADERS = [
  'host',
  'x-api-key',
  'idempotency-key',
  'content-digest',
  'signature-input',
  'signature',
];

function flipText(text: string, at: number): string {
  return flipBytes(Buffer.from(text, 'latin1'), at).toString('latin1');
}

function flipBytes(bytes: Uint8Array, at: number): Buffer {
  const flipped = Buffer.from(bytes);
  const bit = at % (flipped.length * 8);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

function flip(request: Received, part: string, at: number): Received {
  if (part === 'method') return { ...request, method: flipText(request.method, at) };
  if (part === 'body') return { ...request, body: flipBytes(request.body, at) };
  if (part === 'target') return { ...request, requestTarget: flipText(request.requestTarget, at) };
  const value = flipText(request.headers[part] ?? '', at);
  return { ...request, headers: { ...request.headers, [part]: value } };
}

const position = fc.nat({ max: 1_000_000 });
const isVerified = (request: Received) =>
  verifySignedRequest(toReceivedRequest(request), verifying).ok;

test.each(['method', 'target', 'body', ...HEADERS])(
  'a flipped bit in the %s is detected',
  (part) => {
    const request = signedCheckout({ url: 'http://shop.example:3000/v1/checkouts?trace=1' });
    expect(isVerified(request)).toBe(true);
    fc.assert(
      fc.property(position, (at) => {
        const flipped = flip(request, part, at);
        // Hosts are case-insensitive (RFC 9110, 4.2.3).
        fc.pre(flipped.headers['host']?.toLowerCase() !== 'shop.example:3000' || part !== 'host');
        expect(isVerified(flipped)).toBe(false);
      }),
      { numRuns: FLIPS },
    );
  },
);

test.each(['created', 'nonce', 'keyid'])('a flipped bit in the %s is detected', (parameter) => {
  const request = signedCheckout();
  const input = request.headers['signature-input'] ?? '';
  const start = input.indexOf(`;${parameter}=`) + 1;
  const length = input.slice(start).search(/;|$/);
  fc.assert(
    fc.property(position, (at) => {
      const flipped = flipText(input.slice(start, start + length), at);
      const changed = input.slice(0, start) + flipped + input.slice(start + length);
      const headers = { ...request.headers, 'signature-input': changed };
      expect(isVerified({ ...request, headers })).toBe(false);
    }),
    { numRuns: FLIPS },
  );
});

test('any other value of a header leads to a refusal and never to an exception', () => {
  const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
  const piece = fc.constantFrom('sig', '=', '(', ')', '"@method"', ';', 'keyid="k"', ',', ':', ' ');
  const almostValid = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(
      fc.constantFrom(...HEADERS),
      fc.oneof(anyText, almostValid),
      anyText,
      (name, value, requestTarget) => {
        const request = signedCheckout();
        const changed = { ...request, headers: { ...request.headers, [name]: value } };
        fc.pre(value !== request.headers[name]);
        expect(isVerified(changed)).toBe(false);
        expect(isVerified({ ...changed, requestTarget })).toBe(false);
      },
    ),
    { numRuns: FLIPS },
  );
});
