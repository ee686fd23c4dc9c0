import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate, type Claimant, type Pool } from './allocation.ts';

function pools(...free: number[]): Map<string, Pool> {
  return new Map(
    free.map((units, index) => [`p${index}`, { id: `p${index}`, free: units, version: 100 }]),
  );
}

function claimant(id: string, claims: Record<string, number>): Claimant {
  const wanted = Object.entries(claims).map(([poolId, units]) => ({ poolId, units }));
  return { id, claims: wanted };
}

test('claimants are served in order until nothing is left', () => {
  const claimants = ['a', 'b', 'c'].map((id) => claimant(id, { p0: 1 }));
  const { allocations, changes } = allocate(claimants, pools(2));
  expect(allocations).toEqual([
    { granted: true, claimantId: 'a', versions: [101] },
    { granted: true, claimantId: 'b', versions: [102] },
    { granted: false, claimantId: 'c', poolId: 'p0', requested: 1, free: 0, version: 102 },
  ]);
  expect(changes).toEqual([{ poolId: 'p0', fromVersion: 100, toVersion: 102, units: 2 }]);
});

test('a claimant that is refused takes no units from later claimants', () => {
  const claimants = [claimant('large', { p0: 1, p1: 5 }), claimant('small', { p0: 1, p1: 4 })];
  const { allocations, changes } = allocate(claimants, pools(1, 4));
  expect(allocations).toEqual([
    { granted: false, claimantId: 'large', poolId: 'p1', requested: 5, free: 4, version: 100 },
    { granted: true, claimantId: 'small', versions: [101, 101] },
  ]);
  expect(changes.map((change) => change.units)).toEqual([1, 4]);
});

test('a pool without grants is not changed', () => {
  expect(allocate([claimant('a', { p0: 1 })], pools(0)).changes).toEqual([]);
  expect(allocate([], pools(3))).toEqual({ allocations: [], changes: [] });
});

describe('an impossible claim throws a RangeError', () => {
  test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('%d units', (units) => {
    expect(() => allocate([claimant('a', { p0: units })], pools(5))).toThrow(RangeError);
  });
  test('an unknown pool', () => {
    expect(() => allocate([claimant('a', { p9: 1 })], pools(5))).toThrow(RangeError);
  });
  test('one pool twice', () => {
    const twice = { poolId: 'p0', units: 1 };
    expect(() => allocate([{ id: 'a', claims: [twice, twice] }], pools(5))).toThrow(RangeError);
  });
});

const claims = fc
  .array(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 3 })
  .map((units) => Object.fromEntries(units.map((count, index) => [`p${index}`, count])))
  .map((wanted) => Object.entries(wanted).filter(([, units]) => units > 0))
  .map((wanted) => wanted.map(([poolId, units]) => ({ poolId, units })));
const claimants = fc
  .array(claims, { maxLength: 30 })
  .map((lists) => lists.map((list, index) => ({ id: `c${index}`, claims: list })));
const free = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 3 });

describe('for any claimants and pools', () => {
  test('only free units are taken, and the change of a pool is the sum of its grants', () => {
    fc.assert(
      fc.property(claimants, free, (wanted, units) => {
        const before = pools(...units);
        const { allocations, changes } = allocate(wanted, before);
        for (const { poolId, fromVersion, toVersion, units: taken } of changes) {
          expect(taken).toBeLessThanOrEqual(before.get(poolId)?.free ?? 0);
          const granted = wanted.filter((_, index) => allocations[index]?.granted);
          const own = granted.flatMap(({ claims: list }) =>
            list.filter((c) => c.poolId === poolId),
          );
          expect(taken).toBe(own.reduce((sum, claim) => sum + claim.units, 0));
          expect(toVersion - fromVersion).toBe(own.length);
        }
      }),
    );
  });

  test('serving claimants one at a time gives the same result as serving all together', () => {
    fc.assert(
      fc.property(claimants, free, (wanted, units) => {
        const once = allocate(wanted, pools(...units)).allocations;
        let current = pools(...units);
        const stepwise = wanted.map((single) => {
          const { allocations, changes } = allocate([single], current);
          current = new Map(current);
          for (const { poolId, toVersion, units: taken } of changes) {
            const pool = current.get(poolId);
            if (pool) current.set(poolId, { ...pool, free: pool.free - taken, version: toVersion });
          }
          return allocations[0];
        });
        expect(stepwise).toEqual(once);
      }),
    );
  });

  test('a refused claimant claims more units than are free; the refusal has their number', () => {
    fc.assert(
      fc.property(claimants, free, (wanted, units) => {
        const left = new Map(units.map((count, index) => [`p${index}`, count]));
        const { allocations } = allocate(wanted, pools(...units));
        wanted.forEach((single, index) => {
          const allocation = allocations[index];
          const fits = single.claims.every((claim) => (left.get(claim.poolId) ?? 0) >= claim.units);
          expect(allocation?.granted).toBe(fits);
          if (allocation?.granted === false)
            expect(allocation.free).toBe(left.get(allocation.poolId));
          if (!fits) return;
          for (const { poolId, units: taken } of single.claims) {
            left.set(poolId, (left.get(poolId) ?? 0) - taken);
          }
        });
      }),
    );
  });
});
