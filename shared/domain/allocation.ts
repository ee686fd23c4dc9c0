/**
 * The one rule for "at most N under concurrency": for units of stock, uses of discounts, purchases
 * of limited products and held shares. Claimants are served in the given order, each gets all units
 * that it claims or none, and only free units are taken.
 */

/** A limited resource: `free` units can still be taken; `version` counts its changes so far. */
export interface Pool {
  readonly id: string;
  readonly free: number;
  readonly version: number;
}

/** Units wanted from one pool; a positive whole number. */
export interface Claim {
  readonly poolId: string;
  readonly units: number;
}

/** A claimant gets all of its claims or none. No two of its claims name the same pool. */
export interface Claimant {
  readonly id: string;
  readonly claims: readonly Claim[];
}

/** The result of one claimant. */
export type Allocation =
  | {
      readonly granted: true;
      readonly claimantId: string;
      /** For each claim, in order, the version of its pool after the claim. */
      readonly versions: readonly number[];
    }
  | {
      readonly granted: false;
      readonly claimantId: string;
      readonly poolId: string;
      readonly requested: number;
      /** The free units of the pool when the claim was refused. */
      readonly free: number;
      /** The version of the pool when the claim was refused. */
      readonly version: number;
    };

/** The units that all claimants together took from one pool. */
export interface PoolChange {
  readonly poolId: string;
  readonly fromVersion: number;
  readonly toVersion: number;
  readonly units: number;
}

interface PoolState {
  free: number;
  version: number;
  readonly fromVersion: number;
  readonly freeAtFirst: number;
}

/**
 * Grants or refuses the claims of each claimant, in order.
 * @throws RangeError if a claim is not a positive whole number, names an unknown pool, or names a
 *   pool twice. This is a fault of the caller, never of a buyer
 */
export function allocate(
  claimants: readonly Claimant[],
  pools: ReadonlyMap<string, Pool>,
): { readonly allocations: readonly Allocation[]; readonly changes: readonly PoolChange[] } {
  const states = new Map<string, PoolState>();
  const allocations = claimants.map((claimant) => serve(claimant, pools, states));
  const changes: PoolChange[] = [];
  for (const [poolId, state] of states) {
    if (state.version === state.fromVersion) continue;
    changes.push({
      poolId,
      fromVersion: state.fromVersion,
      toVersion: state.version,
      units: state.freeAtFirst - state.free,
    });
  }
  return { allocations, changes };
}

function serve(
  claimant: Claimant,
  pools: ReadonlyMap<string, Pool>,
  states: Map<string, PoolState>,
): Allocation {
  const seen = new Set<string>();
  const wanted: { claim: Claim; state: PoolState }[] = [];
  for (const claim of claimant.claims) {
    if (seen.has(claim.poolId)) throw new RangeError(`pool ${claim.poolId} is claimed twice`);
    if (!Number.isSafeInteger(claim.units) || claim.units < 1) {
      throw new RangeError(`a claim of ${claim.units} units is not a positive whole number`);
    }
    seen.add(claim.poolId);
    wanted.push({ claim, state: getState(claim.poolId, pools, states) });
  }
  const refused = wanted.find(({ claim, state }) => state.free < claim.units);
  if (refused !== undefined) {
    return {
      granted: false,
      claimantId: claimant.id,
      poolId: refused.claim.poolId,
      requested: refused.claim.units,
      free: refused.state.free,
      version: refused.state.version,
    };
  }
  const versions = wanted.map(({ claim, state }) => {
    state.free -= claim.units;
    state.version += 1;
    return state.version;
  });
  return { granted: true, claimantId: claimant.id, versions };
}

function getState(
  poolId: string,
  pools: ReadonlyMap<string, Pool>,
  states: Map<string, PoolState>,
): PoolState {
  const known = states.get(poolId);
  if (known !== undefined) return known;
  const pool = pools.get(poolId);
  if (pool === undefined) throw new RangeError(`pool ${poolId} is unknown`);
  const state = {
    free: pool.free,
    version: pool.version,
    fromVersion: pool.version,
    freeAtFirst: pool.free,
  };
  states.set(poolId, state);
  return state;
}
