import type { StockChange, StockDelta, StockLevel } from './vocabulary.ts';

/**
 * Stock levels as one transaction read them and what it has decided to change so far. Each change
 * counts one version, so that every movement has a version of its own.
 */
export class StockChanges {
  readonly #levels: Map<string, StockLevel>;
  readonly #changes = new Map<string, StockChange>();

  constructor(levels: Iterable<StockLevel>) {
    this.#levels = new Map(Array.from(levels, (level) => [level.variantId, level]));
  }

  /** The level with all changes so far, if the variant has one. */
  levelOf(variantId: string): StockLevel | undefined {
    return this.#levels.get(variantId);
  }

  /**
   * Applies one change and answers the level it made.
   * @throws RangeError if the variant is unknown or the level would be one that cannot be
   */
  change(variantId: string, delta: StockDelta): StockLevel {
    const before = this.#levels.get(variantId);
    if (before === undefined) throw new RangeError(`variant ${variantId} has no stock level`);
    return this.#put(before, delta, before.version + 1);
  }

  #put(before: StockLevel, delta: StockDelta, version: number): StockLevel {
    const { variantId } = before;
    const after: StockLevel = {
      ...before,
      onHand: before.onHand + delta.onHand,
      reserved: before.reserved + delta.reserved,
      sold: before.sold + delta.sold,
      version,
    };
    assertPossible(after);
    const earlier = this.#changes.get(variantId);
    this.#changes.set(variantId, {
      variantId,
      fromVersion: earlier?.fromVersion ?? before.version,
      toVersion: after.version,
      delta: addDeltas(earlier?.delta, delta),
    });
    this.#levels.set(variantId, after);
    return after;
  }

  /**
   * Applies a change of several versions at once, as it was decided elsewhere.
   * @throws RangeError if the variant is unknown, at another version, or the level cannot be
   */
  apply({ variantId, fromVersion, toVersion, delta }: StockChange): void {
    const before = this.#levels.get(variantId);
    if (before?.version !== fromVersion) {
      throw new RangeError(`variant ${variantId} is not at version ${fromVersion}`);
    }
    this.#put(before, delta, toVersion);
  }

  /** One conditional write for each variant that was changed. */
  changes(): StockChange[] {
    return [...this.#changes.values()];
  }
}

function addDeltas(first: StockDelta | undefined, second: StockDelta): StockDelta {
  return {
    onHand: (first?.onHand ?? 0) + second.onHand,
    reserved: (first?.reserved ?? 0) + second.reserved,
    sold: (first?.sold ?? 0) + second.sold,
  };
}

function assertPossible(level: StockLevel): void {
  const { onHand, reserved, sold } = level;
  if (onHand >= 0 && reserved >= 0 && sold >= 0 && reserved <= onHand) return;
  throw new RangeError(
    `variant ${level.variantId} cannot have ${onHand} on hand, ${reserved} reserved, ${sold} sold`,
  );
}
