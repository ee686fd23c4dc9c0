import { type StoredDraw, toDrawUnits } from '../../domain/judging/draw-units.ts';
import { CHANGE_KINDS, type RecordedChange } from '../../domain/judging/recorded-change.ts';
import type { StockRefusal } from '../../domain/judging/variant-record.ts';
import {
  addHeld,
  type HeldUnits,
  heldUnits,
  type StoredLevel,
  type VariantRecord,
} from '../../domain/judging/variant-record.ts';
import { heldLines } from '../../domain/reductions.ts';
import { type IdRange, isInRange } from './ranges.ts';
import type { IndexedDraw, IndexedOrder } from './record-cursors.ts';

const CHANGE_NUMBERS = 6;
const REFUSAL_NUMBERS = 3;

/** The record of one variant. Changes, refusals and waits are rows of numbers in one array each. */
interface VariantEntry {
  stored?: StoredLevel;
  held: HeldUnits;
  /** The draws by id; `kept` are the units of their orders that were not returned. */
  readonly draws: Map<string, { readonly stored: StoredDraw; kept: number }>;
  readonly changes: number[];
  readonly refusals: number[];
  readonly waits: number[];
}

/** What the checkout of an order adds to the changes that the order's lines make. */
interface Placement {
  readonly inWindow: boolean;
  readonly receivedAtMs?: number;
}

/**
 * The record by variant. Stores changes as rows of numbers, because there can be a million, and
 * creates objects for one variant at a time.
 */
export class VariantIndex {
  readonly #variants = new Map<string, VariantEntry>();
  readonly #range: IdRange;

  /** @param range variants outside of it are left out */
  constructor(range: IdRange) {
    this.#range = range;
  }

  addStock(variantId: string, stored: StoredLevel): void {
    this.#getOrAdd(variantId).stored = stored;
  }

  addChange(variantId: string, change: RecordedChange): void {
    const { kind, version, onHand, reserved, sold, inWindow, receivedAtMs = Number.NaN } = change;
    const { changes } = this.#getOrAdd(variantId);
    // One number has both the kind and `inWindow`, to save memory.
    const mark = 2 * CHANGE_KINDS.indexOf(kind) + (inWindow ? 1 : 0);
    changes.push(version, onHand, reserved, sold, mark, receivedAtMs);
  }

  addRefusal(variantId: string, refusal: StockRefusal): void {
    this.#addRow('refusals', variantId, refusal);
  }

  /** Adds a wait. Its `version` is the last version of the level at which the checkout waited. */
  addWait(variantId: string, wait: StockRefusal): void {
    this.#addRow('waits', variantId, wait);
  }

  #addRow(kind: 'refusals' | 'waits', variantId: string, refusal: StockRefusal): void {
    if (!isInRange(this.#range, variantId)) return;
    const { version, requested, acceptedAtMs = Number.NaN } = refusal;
    this.#getOrAdd(variantId)[kind].push(version, requested, acceptedAtMs);
  }

  /** Adds a draw. Its orders must be added after it. */
  addDraw({ _id: drawId, variantId, ...draw }: IndexedDraw): void {
    this.#getOrAdd(variantId).draws.set(drawId, { stored: { drawId, ...draw }, kept: 0 });
  }

  /** Adds the lines of an order: the reservations that they made, and the units that they hold. */
  addLines(order: IndexedOrder, placement: Placement): void {
    const kept = heldLines(order);
    order.lines.forEach(({ variantId, quantity, version }, index) => {
      if (!isInRange(this.#range, variantId)) return;
      const entry = this.#getOrAdd(variantId);
      const held = heldUnits(order, kept[index]?.quantity ?? 0);
      entry.held = addHeld(entry.held, held);
      const draw = entry.draws.get(order.drawId ?? '');
      if (draw !== undefined) draw.kept += held.reserved + held.sold;
      const delta = { onHand: 0, reserved: quantity, sold: 0 };
      this.addChange(variantId, { kind: 'reserve', version, ...delta, ...placement });
    });
  }

  /** Yields each variant that has a stock document or occurs in any other document. */
  *variants(): Generator<VariantRecord> {
    for (const [variantId, entry] of this.#variants) {
      const { stored, held, changes, refusals, waits } = entry;
      const draws = Array.from(entry.draws.values(), (draw) => toDrawUnits(draw.stored, draw.kept));
      const setAside = draws.reduce((sum, { expected }) => sum + expected, 0);
      yield {
        variantId,
        ...(stored && { stored }),
        held: addHeld(held, { reserved: setAside, sold: 0 }),
        ...(draws.length > 0 && { draws }),
        changes: readRows(changes, CHANGE_NUMBERS, readChange),
        refusals: readRows(refusals, REFUSAL_NUMBERS, readRefusal),
        ...(waits.length > 0 && { waits: readRows(waits, REFUSAL_NUMBERS, readRefusal) }),
      };
    }
  }

  #getOrAdd(id: string): VariantEntry {
    const present = this.#variants.get(id);
    if (present !== undefined) return present;
    const entry: VariantEntry = {
      held: { reserved: 0, sold: 0 },
      draws: new Map(),
      changes: [],
      refusals: [],
      waits: [],
    };
    this.#variants.set(id, entry);
    return entry;
  }
}

function readRows<Row>(
  numbers: readonly number[],
  width: number,
  readRow: (numbers: readonly number[], at: number) => Row,
): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < numbers.length; at += width) rows.push(readRow(numbers, at));
  return rows;
}

function readChange(numbers: readonly number[], at: number): RecordedChange {
  const receivedAtMs = numbers[at + 5] ?? Number.NaN;
  const mark = numbers[at + 4] ?? 0;
  return {
    kind: CHANGE_KINDS[mark >>> 1] ?? 'unknown',
    version: numbers[at] ?? Number.NaN,
    onHand: numbers[at + 1] ?? 0,
    reserved: numbers[at + 2] ?? 0,
    sold: numbers[at + 3] ?? 0,
    inWindow: (mark & 1) === 1,
    ...(Number.isNaN(receivedAtMs) ? {} : { receivedAtMs }),
  };
}

function readRefusal(numbers: readonly number[], at: number): StockRefusal {
  const acceptedAtMs = numbers[at + 2] ?? Number.NaN;
  return {
    version: numbers[at] ?? Number.NaN,
    requested: numbers[at + 1] ?? 0,
    ...(Number.isNaN(acceptedAtMs) ? {} : { acceptedAtMs }),
  };
}
