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

test('entries are sorted by the HMAC-SHA256 (RFC 4231) of their ids, with the seed’s bytes as key', () => {
  const seed = '0b'.repeat(32);
  const hash = (id: string) =>
    createHmac('sha256', new Uint8Array(32).fill(11)).update(id).digest('hex');
  const entries = ['chk_1', 'chk_2', 'chk_3', 'chk_4'];
  const hashes = entries.map((id) => [hash(id), id] as const).sort();
  expect(toDrawOrder(seed, entries)).toEqual(hashes.map(([, id]) => id));
  // Computed by `printf chk_1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b…`.
  expect(hash('chk_1')).toBe(KNOWN);
});

const KNOWN = '63038d3d976560e34d9faa365073b68cb898287a2044f228c302387b094b18db';

test('the order contains each entry once and does not depend on the order of the input', () => {
  fc.assert(
    fc.property(seeds, ids, fc.nat(), (seed, entries, offset) => {
      const order = toDrawOrder(seed, entries);
      expect(order.toSorted()).toEqual(entries.toSorted());
      const at = entries.length === 0 ? 0 : offset % entries.length;
      const rearranged = [...entries.slice(at), ...entries.slice(0, at)].reverse();
      expect(toDrawOrder(seed, rearranged)).toEqual(order);
    }),
  );
});

test('removing an entry does not change the order of the others', () => {
  fc.assert(
    fc.property(seeds, ids, fc.nat(), (seed, entries, offset) => {
      const removed = entries[offset % Math.max(1, entries.length)];
      const others = entries.filter((id) => id !== removed);
      const order = toDrawOrder(seed, entries).filter((id) => id !== removed);
      expect(toDrawOrder(seed, others)).toEqual(order);
    }),
  );
});

test('a seed is 32 random bytes in hex, and its commitment is the SHA-256 of these bytes', () => {
  const newSeeds = Array.from({ length: 100 }, newSeed);
  expect(new Set(newSeeds).size).toBe(100);
  expect(newSeeds.every((seed) => /^[0-9a-f]{64}$/.test(seed))).toBe(true);
  // SHA-256 of 32 zero bytes.
  expect(hashSeed('00'.repeat(32))).toBe(
    '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925',
  );
});
