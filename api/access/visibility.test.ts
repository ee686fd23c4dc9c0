import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Principal } from '../http/principal.ts';
import { isOrderVisibleTo, ordersVisibleTo } from './visibility.ts';

const shopId = fc.constantFrom('shp_a', 'shp_b');
const buyerId = fc.constantFrom('ann', 'bob');
const order = fc.record({ shopId, storefrontId: shopId, buyerId });
const principal = fc.oneof(
  fc.record({ kind: fc.constantFrom('key', 'shop'), shopId }),
  fc.record({ kind: fc.constant('buyer'), shopId, buyerId }),
);

type Conditions = Readonly<Record<string, unknown>>;

/** Returns whether a filter matches; supports equality and `$or`. */
function matches(filter: Conditions, document: Conditions): boolean {
  return Object.entries(filter).every(([name, value]) =>
    name === '$or'
      ? (value as Conditions[]).some((condition) => matches(condition, document))
      : document[name] === value,
  );
}

test('a caller may read an order by id exactly if the filter of the caller’s lists matches the order', () => {
  fc.assert(
    fc.property(principal, order, (randomPrincipal, randomOrder) => {
      const caller = randomPrincipal as Principal;
      const isMatch = matches(ordersVisibleTo(caller), randomOrder);
      expect(isOrderVisibleTo(caller, randomOrder)).toBe(isMatch);
    }),
  );
});

test('isOrderVisibleTo throws for a buyer without an id', () => {
  const caller = { kind: 'buyer', shopId: 'shp_a' } as Principal;
  const placed = { shopId: 'shp_a', storefrontId: 'shp_a', buyerId: 'ann' };
  expect(() => isOrderVisibleTo(caller, placed)).toThrow('no id');
});
