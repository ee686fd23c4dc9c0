import { describe, expect, test } from 'vitest';
import { hasScope, SCOPES, type Scope } from './scopes.ts';

test('a scope covers itself', () => {
  for (const scope of SCOPES) expect(hasScope([scope], scope)).toBe(true);
});

test('an empty list of scopes covers no scope', () => {
  for (const scope of SCOPES) expect(hasScope([], scope)).toBe(false);
});

describe('a write scope includes only the read scope of the same resource', () => {
  const table: readonly [Scope, Scope, boolean][] = [
    ['catalog:write', 'catalog:read', true],
    ['inventory:write', 'inventory:read', true],
    ['orders:write', 'orders:read', true],
    ['orders:read', 'orders:write', false],
    ['catalog:write', 'orders:read', false],
    ['inventory:write', 'catalog:write', false],
  ];
  test.each(table)('%s covers %s: %s', (granted, wanted, covers) => {
    expect(hasScope([granted], wanted)).toBe(covers);
  });
});
