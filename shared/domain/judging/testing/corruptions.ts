import fc from 'fast-check';
import type { RecordedChange } from '../history.ts';
import type { VariantRecord } from '../variant-record.ts';

/** Damages one fact of a record; undefined when the record has no such fact. */
export type Corruption = (record: VariantRecord) => VariantRecord | undefined;

const otherThanNothing = fc.integer({ min: -5, max: 5 }).filter((units) => units !== 0);
const counter = fc.constantFrom('onHand' as const, 'reserved' as const, 'sold' as const);

/** Puts one change, picked by a number, in place of another, or takes it away. */
function withChange(
  pick: number,
  edit: (change: RecordedChange) => readonly RecordedChange[],
): Corruption {
  return (record) => {
    if (record.changes.length === 0) return undefined;
    const index = pick % record.changes.length;
    const changes = record.changes.flatMap((each, at) => (at === index ? edit(each) : [each]));
    return { ...record, changes };
  };
}

/** Every kind of damage to what the verdict calls drift, one at a time. */
export const driftingCorruptions: Readonly<Record<string, fc.Arbitrary<Corruption>>> = {
  'a stored counter is edited': fc.tuple(counter, otherThanNothing).map(
    ([name, by]) =>
      ({ stored, ...rest }) =>
        stored && { ...rest, stored: { ...stored, [name]: stored[name] + by } },
  ),
  'the stored version is edited': otherThanNothing.map(
    (by) =>
      ({ stored, ...rest }) =>
        stored && { ...rest, stored: { ...stored, version: stored.version + by } },
  ),
  'the stock level is deleted': fc.constant(({ stored: _, ...rest }) =>
    rest.changes.length === 0 ? undefined : rest,
  ),
  'a change is deleted': fc.nat().map((pick) => withChange(pick, () => [])),
  'an order is deleted': fc.nat().map((pick) => (record) => {
    const lines = record.changes.filter((each) => each.reserved > 0);
    const line = lines[pick % Math.max(1, lines.length)];
    if (line === undefined || record.held.reserved < line.reserved) return undefined;
    const held = { ...record.held, reserved: record.held.reserved - line.reserved };
    return { ...record, held, changes: record.changes.filter((each) => each !== line) };
  }),
  'a change is there twice': fc.nat().map((pick) => withChange(pick, (change) => [change, change])),
  'a change has another version': fc
    .tuple(fc.nat(), otherThanNothing)
    .map(([pick, by]) => withChange(pick, (each) => [{ ...each, version: each.version + by }])),
  'a change has another size': fc
    .tuple(fc.nat(), counter, otherThanNothing)
    .map(([pick, name, by]) => withChange(pick, (each) => [{ ...each, [name]: each[name] + by }])),
  'an order has another status': fc
    .tuple(fc.constantFrom('reserved' as const, 'sold' as const), otherThanNothing)
    .map(([name, by]) => (record) => {
      const held = { ...record.held, [name]: record.held[name] + by };
      return held[name] < 0 ? undefined : { ...record, held };
    }),
};
