import fc from 'fast-check';
import { expect, test } from 'vitest';
import { METADATA_KEYS_MAX, mergeMetadata } from './metadata.ts';

const key = fc.constantFrom('a', 'b', 'c', 'constructor', '7');
const value = fc.string({ minLength: 1, maxLength: 3 });

test('after a change, each named key has its value, and the others are as before', () => {
  const current = fc.option(fc.dictionary(key, value), { nil: undefined });
  const changes = fc.option(fc.dictionary(key, fc.option(value)), { nil: undefined });
  fc.assert(
    fc.property(current, changes, (before, changed) => {
      const { metadata = {} } = mergeMetadata(before, changed);
      for (const name of ['a', 'b', 'c', 'constructor', '7']) {
        const isNamed = changed !== undefined && Object.hasOwn(changed, name);
        const own = before !== undefined && Object.hasOwn(before, name) ? before[name] : undefined;
        const expected = isNamed ? (changed[name] ?? undefined) : own;
        expect(Object.hasOwn(metadata, name) ? metadata[name] : undefined).toBe(expected);
      }
      expect(mergeMetadata(metadata, changed).metadata ?? {}).toEqual(metadata);
    }),
  );
});

test('a removed key makes room for another key', () => {
  const names = Array.from({ length: METADATA_KEYS_MAX }, (_, n) => `k${n}`);
  const full = Object.fromEntries(names.map((name) => [name, 'v']));
  expect(() => mergeMetadata(full, { more: 'v' }, 'here')).toThrow(/50 keys/);
  expect(mergeMetadata(full, { more: 'v', k0: null }).metadata).toHaveProperty('more');
});
