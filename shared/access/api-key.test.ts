import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashApiKey, isApiKeyForm, newApiKey } from './api-key.ts';

const KEYS = 1_000;
const SECRET_BITS = 256;
const CHARACTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

const anyKey = fc.constant(null).map(() => newApiKey());

function toSecret(key: string): Buffer {
  return Buffer.from(key.slice('lu_'.length, -8), 'base64url');
}

test('a key has a prefix, 256 random bits and a checksum', () => {
  const key = newApiKey();
  expect(key).toMatch(/^lu_[\w-]{43}[0-9a-f]{8}$/);
  expect(toSecret(key)).toHaveLength(SECRET_BITS / 8);
  expect(isApiKeyForm(key)).toBe(true);
});

test('all 256 bits are random', () => {
  const ones = new Array<number>(SECRET_BITS).fill(0);
  for (let n = 0; n < KEYS; n += 1) {
    const secret = toSecret(newApiKey());
    for (let bit = 0; bit < SECRET_BITS; bit += 1) {
      ones[bit] = (ones[bit] ?? 0) + (((secret[bit >> 3] ?? 0) >> (bit & 7)) & 1);
    }
  }
  // Seven standard deviations of a fair coin, so a false alarm comes once in billions of runs.
  const tolerance = 7 * Math.sqrt(KEYS / 4);
  for (const count of ones) expect(Math.abs(count - KEYS / 2)).toBeLessThan(tolerance);
});

test('a single changed character is detected', () => {
  fc.assert(
    fc.property(anyKey, fc.nat(), fc.constantFrom(...CHARACTERS), (key, where, character) => {
      const at = where % key.length;
      fc.pre(key[at] !== character);
      expect(isApiKeyForm(`${key.slice(0, at)}${character}${key.slice(at + 1)}`)).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test('swapped neighbours, a missing character and a doubled character are detected', () => {
  fc.assert(
    fc.property(anyKey, fc.nat(), (key, where) => {
      const at = where % (key.length - 1);
      const [first = '', second = ''] = key.slice(at, at + 2);
      const [head, tail] = [key.slice(0, at), key.slice(at + 2)];
      if (first !== second) expect(isApiKeyForm(`${head}${second}${first}${tail}`)).toBe(false);
      expect(isApiKeyForm(`${head}${second}${tail}`)).toBe(false);
      expect(isApiKeyForm(`${head}${first}${first}${second}${tail}`)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

/** Appends the right checksum to a text. */
function withChecksum(body: string): string {
  return `${body}${crc32(body).toString(16).padStart(8, '0')}`;
}

test.each([
  ['an empty text', ''],
  ['a short text with its checksum', withChecksum('lu_abc')],
  [
    'a text with another prefix and its checksum',
    withChecksum(newApiKey().slice(0, -8).replace('lu_', 'sk_')),
  ],
  [
    'a text with a character outside base64url and its checksum',
    withChecksum(newApiKey().slice(0, -9).concat('+')),
  ],
  ['a key with a line break after it', `${newApiKey()}\n`],
  ['a key with a space before it', ` ${newApiKey()}`],
  ['a key that ends in an accented letter', newApiKey().replace(/.$/, 'é')],
  ['a very long text', 'lu_'.padEnd(100_000, 'a')],
])('%s is not a key', (_, text) => {
  expect(isApiKeyForm(text)).toBe(false);
});

test('the hash is SHA-256 in hex, and different keys have different hashes', () => {
  expect(hashApiKey('abc')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  const key = newApiKey();
  expect(hashApiKey(key)).toMatch(/^[0-9a-f]{64}$/);
  expect(hashApiKey(key)).not.toBe(hashApiKey(newApiKey()));
});
