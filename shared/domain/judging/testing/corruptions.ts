import fc from 'fast-check';
import { type ChangeKind, hasShapeOfItsKind, type RecordedChange } from '../recorded-change.ts';
import type { VariantRecord } from '../variant-record.ts';

/** Damages one fact of a record. Returns undefined if the record has no such fact. */
export type Corruption = (record: VariantRecord) => VariantRecord | undefined;

const nonZero = fc.integer({ min: -5, max: 5 }).filter((units) => units !== 0);
const counter = fc.constantFrom('onHand' as const, 'reserved' as const, 'sold' as const);

const movementKind = fc.constantFrom<ChangeKind[]>(
  'adjust',
  'confirm',
  'cancel',
  'expire',
  'reacquire',
  'draw',
  'unknown',
);

function isLine({ kind }: RecordedChange): boolean {
  return kind === 'reserve';
}

function isMovement(change: RecordedChange): boolean {
  return !isLine(change);
}

function isAny(): boolean {
  return true;
}

/** Replaces or removes the change that `pick` selects among the changes that match. */
function withChange(
  pick: number,
  isMatch: (change: RecordedChange) => boolean,
  edit: (change: RecordedChange) => readonly RecordedChange[] | undefined,
): Corruption {
  return (record) => {
    const matches = record.changes.filter(isMatch);
    const picked = matches[pick % Math.max(1, matches.length)];
    const edited = picked && edit(picked);
    if (edited === undefined) return undefined;
    const changes = record.changes.flatMap((change) => (change === picked ? edited : [change]));
    return { ...record, changes };
  };
}

/** Every kind of damage that the verdict calls drift, one at a time. */
export const driftingCorruptions: Readonly<Record<string, fc.Arbitrary<Corruption>>> = {
  'a stored counter is edited': fc.tuple(counter, nonZero).map(
    ([name, by]) =>
      ({ stored, ...rest }) =>
        stored && { ...rest, stored: { ...stored, [name]: stored[name] + by } },
  ),
  'the stored version is edited': nonZero.map(
    (by) =>
      ({ stored, ...rest }) =>
        stored && { ...rest, stored: { ...stored, version: stored.version + by } },
  ),
  'the stock level is deleted': fc.constant(({ stored: _, ...rest }) =>
    rest.changes.length === 0 ? undefined : rest,
  ),
  'a change is deleted': fc.nat().map((pick) => withChange(pick, isAny, () => [])),
  'an order is deleted': fc.nat().map((pick) => (record) => {
    const lines = record.changes.filter((change) => change.reserved > 0);
    const line = lines[pick % Math.max(1, lines.length)];
    if (line === undefined || record.held.reserved < line.reserved) return undefined;
    const held = { ...record.held, reserved: record.held.reserved - line.reserved };
    return { ...record, held, changes: record.changes.filter((change) => change !== line) };
  }),
  'a change exists twice': fc
    .nat()
    .map((pick) => withChange(pick, isAny, (change) => [change, change])),
  'a change has another version': fc
    .tuple(fc.nat(), nonZero)
    .map(([pick, by]) =>
      withChange(pick, isAny, (change) => [{ ...change, version: change.version + by }]),
    ),
  'a movement has another size': fc
    .tuple(fc.nat(), counter, nonZero)
    .map(([pick, name, by]) =>
      withChange(pick, isMovement, (change) => [{ ...change, [name]: change[name] + by }]),
    ),
  "an order's line has another size": fc
    .tuple(fc.nat(), fc.integer({ min: 1, max: 5 }))
    .map(([pick, by]) =>
      withChange(pick, isLine, (change) => [{ ...change, reserved: change.reserved + by }]),
    ),
  'a movement is of another kind': fc.tuple(fc.nat(), movementKind).map(([pick, kind]) =>
    withChange(pick, isMovement, (change) => {
      const relabelled = { ...change, kind };
      return hasShapeOfItsKind(relabelled) ? undefined : [relabelled];
    }),
  ),
  'a confirmation does not reduce units on hand, and the counter agrees': fc
    .tuple(fc.nat(), nonZero)
    .map(([pick, left]) => ({ stored, ...rest }) => {
      const leave = (change: RecordedChange) => [{ ...change, onHand: change.onHand + left }];
      const isConfirm = ({ kind }: RecordedChange) => kind === 'confirm';
      const damaged = stored && withChange(pick, isConfirm, leave)(rest);
      return damaged && { ...damaged, stored: { ...stored, onHand: stored.onHand + left } };
    }),
  'the stored units of a draw are edited': nonZero.map((by) => (record) => {
    // This draw should hold no units, so nothing else in the record changes.
    return { ...record, draws: [{ drawId: 'drw_1', stored: by, expected: 0 }] };
  }),
  'an order has another status': fc
    .tuple(fc.constantFrom('reserved' as const, 'sold' as const), nonZero)
    .map(([name, by]) => (record) => {
      const held = { ...record.held, [name]: record.held[name] + by };
      return held[name] < 0 ? undefined : { ...record, held };
    }),
};
