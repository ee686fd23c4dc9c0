import type { Timeline } from './history.ts';
import type { RecordedChange } from './recorded-change.ts';
import type { StockRefusal } from './variant-record.ts';

/** A reservation: when its checkout was received, and how many units were available before it. */
interface Served {
  readonly version: number;
  readonly availableBefore: number;
  readonly receivedAtMs: number;
}

/** A refusal for which the available units at its version are known. */
interface JudgedRefusal {
  readonly version: number;
  readonly requested: number;
  readonly acceptedAtMs: number;
}

/**
 * Counts the refusals that were overtaken. A checkout overtook a refused checkout if it was
 * received after the refused checkout had been accepted, and got units at or before the version of
 * the refusal. The stock from which it got them must have been enough for the refused checkout.
 *
 * One pass over the versions: a Fenwick tree over the available units holds the latest time of
 * receipt so far, so n changes and refusals take O(n log n) time.
 */
export function countInversions(
  changes: readonly RecordedChange[],
  refusals: readonly StockRefusal[],
  timeline: Timeline,
): number {
  const judged = toJudgedRefusals(refusals, timeline);
  if (judged.length === 0) return 0;
  const served = toServed(changes, timeline);
  const levels = [...new Set(served.map((reservation) => reservation.availableBefore))].sort(
    descending,
  );
  const latest = new LatestByRank(levels.length);
  let overtaken = 0;
  let next = 0;
  for (const refused of judged) {
    for (
      let reservation = served[next];
      reservation && reservation.version <= refused.version;
      reservation = served[next]
    ) {
      latest.add(findRank(levels, reservation.availableBefore), reservation.receivedAtMs);
      next += 1;
    }
    const receivedAtMs = latest.amongFirst(findRank(levels, refused.requested));
    if (receivedAtMs > refused.acceptedAtMs) overtaken += 1;
  }
  return overtaken;
}

function descending(first: number, second: number): number {
  return second - first;
}

function byVersion(first: { version: number }, second: { version: number }): number {
  return first.version - second.version;
}

function toJudgedRefusals(refusals: readonly StockRefusal[], timeline: Timeline): JudgedRefusal[] {
  return refusals
    .flatMap(({ version, requested, acceptedAtMs }) =>
      acceptedAtMs === undefined || timeline.availableAt[version] === undefined
        ? []
        : [{ version, requested, acceptedAtMs }],
    )
    .sort(byVersion);
}

function toServed(changes: readonly RecordedChange[], timeline: Timeline): Served[] {
  return changes
    .flatMap(({ version, receivedAtMs }) => {
      const availableBefore = timeline.availableAt[version - 1];
      if (receivedAtMs === undefined || availableBefore === undefined) return [];
      return [{ version, availableBefore, receivedAtMs }];
    })
    .sort(byVersion);
}

/** Returns how many levels are at least `units`; levels descend. */
function findRank(levels: readonly number[], units: number): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((levels[middle] ?? 0) >= units) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Fenwick tree: the largest value added at any of the first n ranks (from 1). */
class LatestByRank {
  readonly #tree: Float64Array;

  constructor(ranks: number) {
    this.#tree = new Float64Array(ranks + 1).fill(Number.NEGATIVE_INFINITY);
  }

  add(rank: number, value: number): void {
    for (let at = rank; at < this.#tree.length; at += at & -at) {
      this.#tree[at] = Math.max(this.#tree[at] ?? value, value);
    }
  }

  amongFirst(count: number): number {
    let latest = Number.NEGATIVE_INFINITY;
    for (let at = count; at > 0; at -= at & -at)
      latest = Math.max(latest, this.#tree[at] ?? latest);
    return latest;
  }
}
