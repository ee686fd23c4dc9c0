import type { StockDelta } from '../vocabulary.ts';
import { makeAccount } from './differences.ts';
import type { DrawUnits } from './draw-units.ts';
import { isCount, type Timeline, type VersionRange } from './history.ts';
import { correctedChange, type RecordedChange } from './recorded-change.ts';
import type { StoredLevel, VariantRecord } from './variant-record.ts';

/**
 * The maximum number of missing versions of one variant that a repair fills, with one movement
 * each.
 */
export const GAPS_FILLED_MAX = 1_000;

/** Where a change is stored: in the line of an order, or in a movement. */
export interface Carrier {
  readonly where: 'order' | 'movement';
  readonly id: string;
  readonly version: number;
}

/** The steps that make the record of one variant consistent again. */
export interface RepairPlan {
  readonly variantId: string;
  /** The stock version at which the differences were found. */
  readonly seenVersion: number;
  /** The level that the history results in; only if the stock document is missing. */
  readonly reopenAs?: StoredLevel;
  /** Changes that get another version: a missing version, or a version above `seenVersion`. */
  readonly moves: readonly { readonly carrier: Carrier; readonly to: number }[];
  /** Corrected forms of movements that do not move units as their kind requires. */
  readonly rewrites: readonly RecordedChange[];
  /** Movements for the missing versions that no moved change fills. */
  readonly fillers: readonly { readonly version: number; readonly delta: StockDelta }[];
  /** What has to be added to the stored counters. */
  readonly corrections: StockDelta;
  /** What has to be added to the stored `heldByUnlisted`. */
  readonly heldByUnlisted: number;
  /** Draws that hold more or fewer units than they should. */
  readonly draws: readonly DrawUnits[];
  /** What has to be added to the completed history, so that it results in the expected counters. */
  readonly closing: StockDelta;
}

/** A variant that cannot be repaired by arithmetic, with the reason. */
export interface Unrepairable {
  readonly variantId: string;
  readonly reason: string;
}

/**
 * Plans the repair of a variant's record. A change whose version is doubled or impossible moves to
 * a missing version, or to the end if none is missing. The remaining gaps are filled. The first of
 * them gets the difference between the stored counters and the sum of the changes, so that all
 * later changes are judged as before.
 * @param carriers where each change with a doubled or impossible version is stored
 */
export function planRepair(
  record: VariantRecord,
  timeline: Timeline,
  carriers: readonly Carrier[],
): RepairPlan | Unrepairable {
  const { variantId } = record;
  const { stored, isWhole, expected } = makeAccount(record, timeline);
  if (!isCount(stored.version))
    return { variantId, reason: 'the stored version is not a whole number of at least 0' };
  const gaps = versionsIn(timeline.missing, GAPS_FILLED_MAX + 1);
  if (gaps.length > GAPS_FILLED_MAX) {
    return { variantId, reason: `more than ${GAPS_FILLED_MAX} versions are missing` };
  }
  const misplaced = findMisplaced(carriers, timeline);
  if (misplaced.length !== timeline.misplaced) {
    return { variantId, reason: 'the changes with impossible versions cannot be found' };
  }
  const rewrites = timeline.misshapen.flatMap((change) => correctedChange(change) ?? []);
  if (rewrites.length !== timeline.misshapen.length) {
    return { variantId, reason: 'a line or a correction has an impossible number of units' };
  }
  const moves = misplaced.map((carrier, index) => ({
    carrier,
    to: gaps[index] ?? stored.version + 1 + index - gaps.length,
  }));
  const recorded = totalsAfter(rewrites, timeline);
  const unrecorded = minus(stored, recorded);
  return {
    variantId,
    seenVersion: stored.version,
    ...(record.stored === undefined && { reopenAs: stored }),
    moves,
    rewrites,
    fillers: gaps.slice(moves.length).map((version, index) => {
      return { version, delta: index === 0 ? unrecorded : { onHand: 0, reserved: 0, sold: 0 } };
    }),
    corrections: minus(expected, stored),
    draws: (record.draws ?? []).filter((draw) => draw.stored !== draw.expected),
    heldByUnlisted: (record.held.heldByUnlisted ?? 0) - (stored.heldByUnlisted ?? 0),
    closing: minus(expected, isWhole ? recorded : stored),
  };
}

/**
 * Finds the changes that need another version: all with an impossible version, and of the changes
 * with a doubled version all but the first. Movements come before orders, and both are sorted by
 * id.
 */
function findMisplaced(carriers: readonly Carrier[], timeline: Timeline): Carrier[] {
  const outside = new Set(timeline.outside);
  const kept = new Set<number>();
  return carriers.toSorted(byPlace).filter((carrier) => {
    if (outside.has(carrier.version) || kept.has(carrier.version)) return true;
    kept.add(carrier.version);
    return false;
  });
}

function byPlace(first: Carrier, second: Carrier): number {
  if (first.version !== second.version) return first.version - second.version;
  if (first.where !== second.where) return first.where === 'movement' ? -1 : 1;
  return first.id < second.id ? -1 : 1;
}

/** Sums all changes after the rewrites, which correct only units on hand. */
function totalsAfter(rewrites: readonly RecordedChange[], { totals, misshapen }: Timeline) {
  const sum = (changes: readonly RecordedChange[]) =>
    changes.reduce((units, { onHand }) => units + onHand, 0);
  return { ...totals, onHand: totals.onHand + sum(rewrites) - sum(misshapen) };
}

function versionsIn(ranges: readonly VersionRange[], max: number): number[] {
  const versions: number[] = [];
  for (const { from, to } of ranges) {
    for (let version = from; version <= to && versions.length < max; version += 1) {
      versions.push(version);
    }
  }
  return versions;
}

function minus(first: StockDelta, second: StockDelta): StockDelta {
  return {
    onHand: first.onHand - second.onHand,
    reserved: first.reserved - second.reserved,
    sold: first.sold - second.sold,
  };
}
