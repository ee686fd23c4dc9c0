import type { StockDelta } from '../vocabulary.ts';
import {
  countGain,
  countSupply,
  hasShapeOfItsKind,
  type RecordedChange,
} from './recorded-change.ts';

/** Versions from `from` to `to`, both included. */
export interface VersionRange {
  readonly from: number;
  readonly to: number;
}

/** A variant's history, replayed from its first version. */
export interface Timeline {
  /** The sum of all changes. */
  readonly totals: StockDelta;
  /** Units that came from outside, less those that left. */
  readonly supply: number;
  /** Changes that do not move units as their kind requires, ascending. */
  readonly misshapen: readonly RecordedChange[];
  /** Versions up to the stored version that no change carries, ascending. */
  readonly missing: readonly VersionRange[];
  /** Versions that more than one change carries, ascending. */
  readonly doubled: readonly number[];
  /** Impossible versions: above the stored version, or not a positive whole number. */
  readonly outside: readonly number[];
  /** The number of changes whose version is impossible, or is carried by another change already. */
  readonly misplaced: number;
  /**
   * Units promised in the window beyond the available units: the sum of all rises of the shortfall.
   */
  readonly oversold: number;
  /** The highest version that is recorded or stored. */
  readonly latest: number;
  /** The available units by version; ends before the first missing version. */
  readonly availableAt: readonly number[];
}

/**
 * Replays the changes of one variant, given in any order. The units available at a version are
 * known only if neither it nor an earlier version is missing. Units promised beyond stock are
 * counted even after a missing version: to overlook some would be worse than to count too many.
 */
export function replay(changes: readonly RecordedChange[], storedVersion?: number): Timeline {
  const sorted = changes.toSorted(byVersion);
  const latestRecorded = sorted.findLast((change) => isVersion(change.version))?.version ?? 0;
  const stored =
    storedVersion !== undefined && isCount(storedVersion) ? storedVersion : latestRecorded;
  const versions = sorted.map((change) => change.version);
  const possible = versions.filter((version) => isVersion(version) && version <= stored);
  const distinct = possible.filter((version, index) => version !== possible[index - 1]);
  return {
    totals: sumChanges(changes),
    supply: changes.reduce((supply, change) => supply + countSupply(change), 0),
    misshapen: sorted.filter((change) => !hasShapeOfItsKind(change)),
    missing: findMissing(stored, distinct),
    doubled: findDoubled(possible),
    outside: versions.filter((version) => !isVersion(version) || version > stored),
    misplaced: versions.length - distinct.length,
    oversold: sumShortfallRises(sorted),
    latest: Math.max(stored, latestRecorded),
    availableAt: replayAvailability(sorted),
  };
}

/** Returns whether a value is 0 or a positive whole number. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isVersion(version: number): boolean {
  return isCount(version) && version > 0;
}

/**
 * Sorts impossible versions last. Among changes of one version, the change that makes more units
 * available comes first.
 */
function byVersion(first: RecordedChange, second: RecordedChange): number {
  return toPlace(first) - toPlace(second) || countGain(second) - countGain(first);
}

function toPlace({ version }: RecordedChange): number {
  return isVersion(version) ? version : Number.MAX_VALUE;
}

function sumChanges(changes: readonly StockDelta[]): StockDelta {
  const sum = { onHand: 0, reserved: 0, sold: 0 };
  for (const change of changes) {
    sum.onHand += change.onHand;
    sum.reserved += change.reserved;
    sum.sold += change.sold;
  }
  return sum;
}

function findMissing(stored: number, ascending: readonly number[]): VersionRange[] {
  const missing: VersionRange[] = [];
  let next = 1;
  for (const version of ascending) {
    if (version > next) missing.push({ from: next, to: version - 1 });
    next = version + 1;
  }
  if (next <= stored) missing.push({ from: next, to: stored });
  return missing;
}

function findDoubled(ascending: readonly number[]): number[] {
  return [...new Set(ascending.filter((version, index) => version === ascending[index - 1]))];
}

function sumShortfallRises(ascending: readonly RecordedChange[]): number {
  let available = 0;
  let rises = 0;
  for (const change of ascending) {
    const before = Math.max(0, -available);
    available += countGain(change);
    const rise = Math.max(0, -available) - before;
    if (change.inWindow && rise > 0) rises += rise;
  }
  return rises;
}

function replayAvailability(ascending: readonly RecordedChange[]): number[] {
  const available = [0];
  let running = 0;
  for (const change of ascending) {
    if (!isVersion(change.version) || change.version > available.length) break;
    running += countGain(change);
    available[change.version] = running;
  }
  return available;
}
