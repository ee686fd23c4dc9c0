import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replay } from './history.ts';
import { judgeVariant } from './judge-variant.ts';
import { hasShapeOfItsKind, type RecordedChange } from './recorded-change.ts';
import { type Carrier, GAPS_FILLED_MAX, planRepair, type RepairPlan } from './repair-plan.ts';
import { driftingCorruptions } from './testing/corruptions.ts';
import { anyHistory, simulate } from './testing/simulated-shop.ts';
import type { VariantRecord } from './variant-record.ts';

/** Changes have no ids in a record, so their index identifies them. */
function listCarriers(record: VariantRecord): Carrier[] {
  const { doubled, outside } = replay(record.changes, record.stored?.version);
  const versions = new Set([...doubled, ...outside]);
  return record.changes.flatMap(({ version }, index) =>
    versions.has(version) ? [{ where: 'order', id: String(index).padStart(4, '0'), version }] : [],
  );
}

/** Repairs a record as the ledger repairs the database. */
function carryOut(plan: RepairPlan, record: VariantRecord): VariantRecord {
  const before = plan.reopenAs ?? record.stored;
  if (before === undefined) throw new RangeError('nothing to repair');
  const targets = new Map(plan.moves.map(({ carrier, to }) => [Number(carrier.id), to]));
  const rewrites = new Map(plan.rewrites.map((rewrite) => [rewrite.version, rewrite]));
  const moved = record.changes.map((change, index) => {
    const isRewritten = !hasShapeOfItsKind(change);
    const rewritten = (isRewritten && rewrites.get(change.version)) || change;
    return { ...rewritten, version: targets.get(index) ?? change.version };
  });
  const version = Math.max(before.version, ...targets.values()) + 1;
  const repair = { kind: 'reconcile' as const, inWindow: true };
  const added: RecordedChange[] = [
    ...plan.fillers.map((filler) => ({ ...repair, version: filler.version, ...filler.delta })),
    { ...repair, version, ...plan.closing },
  ];
  const stored = {
    onHand: before.onHand + plan.corrections.onHand,
    reserved: before.reserved + plan.corrections.reserved,
    sold: before.sold + plan.corrections.sold,
    version,
  };
  const repaired = new Set(plan.draws.map(({ drawId }) => drawId));
  const draws = record.draws?.map((draw) =>
    repaired.has(draw.drawId) ? { ...draw, stored: draw.expected } : draw,
  );
  return { ...record, stored, ...(draws && { draws }), changes: [...moved, ...added] };
}

function repair(record: VariantRecord): VariantRecord {
  const timeline = replay(record.changes, record.stored?.version);
  const plan = planRepair(record, timeline, listCarriers(record));
  if ('reason' in plan) throw new Error(plan.reason);
  return carryOut(plan, record);
}

describe('after a repair no difference remains', () => {
  test.each(Object.entries(driftingCorruptions))('when %s', (_, corruptions) => {
    fc.assert(
      fc.property(anyHistory, corruptions, (history, corrupt) => {
        for (const record of simulate(history)) {
          const corrupted = corrupt(record);
          if (corrupted === undefined || (corrupted.stored?.version ?? 0) < 0) continue;
          const repaired = repair(corrupted);
          expect(judgeVariant(repaired).differences).toEqual([]);
          expect(repaired.stored).toMatchObject(corrupted.held);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('when the record is damaged twice', () => {
    const anyCorruption = fc.oneof(...Object.values(driftingCorruptions));
    fc.assert(
      fc.property(anyHistory, anyCorruption, anyCorruption, (history, first, second) => {
        for (const record of simulate(history)) {
          const damagedOnce = first(record);
          const damagedTwice = damagedOnce && second(damagedOnce);
          if (damagedTwice === undefined || (damagedTwice.stored?.version ?? 0) < 0) continue;
          expect(judgeVariant(repair(damagedTwice)).differences).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test.each(['a change is deleted', 'an order is deleted'])(
  'if %s, later changes are judged after the repair as they were before the damage',
  (name) => {
    const corruptions = driftingCorruptions[name] ?? fc.constant(() => undefined);
    fc.assert(
      fc.property(anyHistory, corruptions, (history, corrupt) => {
        for (const record of simulate(history)) {
          const corrupted = corrupt(record);
          if (corrupted === undefined) continue;
          const { oversold, undersold } = judgeVariant(repair(corrupted));
          expect({ oversold, undersold }).toEqual({ oversold: 0, undersold: 0 });
        }
      }),
    );
  },
);

test('an edited counter is set to the result of the history; the history stays as it is', () => {
  const delta = { onHand: 5, reserved: 0, sold: 0 };
  const change = { kind: 'adjust' as const, version: 1, ...delta, inWindow: true };
  const record: VariantRecord = {
    variantId: 'v',
    stored: { onHand: 7, reserved: 0, sold: 0, version: 1 },
    changes: [change],
    held: { reserved: 0, sold: 0 },
    refusals: [],
  };
  expect(planRepair(record, replay(record.changes, 1), [])).toEqual({
    variantId: 'v',
    seenVersion: 1,
    heldByUnlisted: 0,
    draws: [],
    moves: [],
    rewrites: [],
    fillers: [],
    corrections: { onHand: -2, reserved: 0, sold: 0 },
    closing: { onHand: 0, reserved: 0, sold: 0 },
  });
});

test('a gap that is too large is reported and not filled', () => {
  const version = GAPS_FILLED_MAX + 1;
  const stored = { onHand: 0, reserved: 0, sold: 0, version };
  const record = {
    variantId: 'v',
    stored,
    changes: [],
    held: { reserved: 0, sold: 0 },
    refusals: [],
  };
  expect(planRepair(record, replay([], version), [])).toHaveProperty('reason');
});
