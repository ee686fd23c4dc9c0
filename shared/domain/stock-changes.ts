import {
  availableUnits,
  type StockChange,
  type StockDelta,
  type StockLevel,
} from './vocabulary.ts';

/**
 * The stock levels that one transaction has read, with its changes so far. Each change increments
 * the version of its level, so that every movement has its own version.
 */
export class StockChanges {
  readonly #before: ReadonlyMap<string, StockLevel>;
  readonly #levels: Map<string, StockLevel>;

  constructor(levels: Iterable<StockLevel>) {
    this.#before = new Map(Array.from(levels, (level) => [level.variantId, level]));
    this.#levels = new Map(this.#before);
  }

  /** Returns the level with all changes so far, if the variant has one. */
  get(variantId: string): StockLevel | undefined {
    return this.#levels.get(variantId);
  }

  /**
   * Applies one change and returns the resulting level.
   * @throws RangeError if the variant is unknown or the level would be impossible
   */
  change(variantId: string, delta: StockDelta, heldByUnlisted = 0): StockLevel {
    const before = this.#levels.get(variantId);
    if (before === undefined) throw new RangeError(`variant ${variantId} has no stock level`);
    return this.#put(changeLevel(before, delta, before.version + 1, heldByUnlisted));
  }

  /**
   * Applies a change that was decided elsewhere. It may span several versions.
   * @throws RangeError if the variant is unknown or at another version, or if the level would be
   *   impossible
   */
  apply({ variantId, fromVersion, toVersion, delta, heldByUnlisted }: StockChange): void {
    const before = this.#levels.get(variantId);
    if (before?.version !== fromVersion) {
      throw new RangeError(`variant ${variantId} is not at version ${fromVersion}`);
    }
    this.#put(changeLevel(before, delta, toVersion, heldByUnlisted));
  }

  /** Returns one conditional write for each variant that was changed. */
  changes(): StockChange[] {
    return Array.from(this.#levels.values()).flatMap((after) => {
      const before = this.#before.get(after.variantId);
      if (before === undefined || before === after) return [];
      const { variantId, version: toVersion } = after;
      const delta = {
        onHand: after.onHand - before.onHand,
        reserved: after.reserved - before.reserved,
        sold: after.sold - before.sold,
      };
      const heldByUnlisted = (after.heldByUnlisted ?? 0) - (before.heldByUnlisted ?? 0);
      const details = {
        ...(heldByUnlisted !== 0 && { heldByUnlisted }),
        ...findFreed(before, after),
      };
      return [{ variantId, fromVersion: before.version, toVersion, delta, ...details }];
    });
  }

  #put(level: StockLevel): StockLevel {
    const { variantId, onHand, reserved, sold } = level;
    if (onHand < 0 || reserved < 0 || sold < 0 || reserved > onHand) {
      const counters = `${onHand} on hand, ${reserved} reserved, ${sold} sold`;
      throw new RangeError(`variant ${variantId} cannot have ${counters}`);
    }
    this.#levels.set(variantId, level);
    return level;
  }
}

/**
 * Returns the `freed` member of a change: set if units that checkouts wait for have become free.
 */
export function findFreed(
  before: StockLevel,
  after: StockLevel,
): Pick<StockChange, 'freed'> | undefined {
  if (before.waits === undefined || availableUnits(after) <= availableUnits(before))
    return undefined;
  const { variantId, productId, freedAt: since } = before;
  return { freed: { variantId, productId, ...(since && { since }) } };
}

/** Returns the level after a change, with the new version. */
export function changeLevel(
  before: StockLevel,
  delta: StockDelta,
  version: number,
  heldByUnlisted = 0,
): StockLevel {
  return {
    ...before,
    onHand: before.onHand + delta.onHand,
    reserved: before.reserved + delta.reserved,
    sold: before.sold + delta.sold,
    ...(heldByUnlisted !== 0 && {
      heldByUnlisted: (before.heldByUnlisted ?? 0) + heldByUnlisted,
    }),
    version,
  };
}
