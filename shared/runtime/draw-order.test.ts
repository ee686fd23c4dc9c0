import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashSeed, newSeed, toDrawOrder } from './draw-order.ts';

const seeds = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const ids = fc.uniqueArray(
  fc.string().map((text) => `chk_${text}`),
  { maxLength: 50 },
);

test('the order is that of RFC 4231’s HMAC with the seed’s bytes as key', () => {
  const seed = '0b'.repeat(32);
  const hash = (id: string) =>
    createHmac('sha256', new Uint8Array(32).fill(11)).update(id).digest('hex');
  const entries = ['chk_1', 'chk_2', 'chk_3', 'chk_4'];
  const hashes = entries.map((id) => [hash(id), id] as const).sort();
  expect(toDrawOrder(seed, entries)).toEqual(hashes.map(([, id]) => id));
  // By `printf chk_1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b…`.
  expect(hash('chk_1')).toBe(KNOWN);
});

const KNOWN = '63038d3d976560e34d9faa365073b68cb898287a2044f228c302387b094b18db';

test('the order contains each entry once and does not depend on how they are listed', () => {
  fc.assert(
    fc.property(seeds, ids, fc.nat(), (seed, entries, turn) => {
      const order = toDrawOrder(seed, entries);
      expect(order.toSorted()).toEqual(entries.toSorted());
      const at = entries.length === 0 ? 0 : turn % entries.length;
      const turned = [...entries.slice(at), ...entries.slice(0, at)].reverse();
      expect(toDrawOrder(seed, turned)).toEqual(order);
    }),
  );
});

test('without one entry the others keep their order', () => {
  fc.assert(
    fc.property(seeds, ids, fc.nat(), (seed, entries, turn) => {
      const without = entries[turn % Math.max(1, entries.length)];
      const others = entries.filter((id) => id !== without);
      const order = toDrawOrder(seed, entries).filter((id) => id !== without);
      expect(toDrawOrder(seed, others)).toEqual(order);
    }),
  );
});

test('a seed is 32 bytes, no two are equal, and its hash commits to its bytes', () => {
  const made = Array.from({ length: 100 }, newSeed);
  expect(new Set(made).size).toBe(100);
  expect(made.every((seed) => /^[0-9a-f]{64}$/.test(seed))).toBe(true);
  // SHA-256 of 32 zero bytes.
  expect(hashSeed('00'.repeat(32))).toBe(
    '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925',
  );
});
