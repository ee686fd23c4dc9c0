import { CHANGE_KINDS, type RecordedChange } from '../../domain/judging/recorded-change.ts';
import type { StockRefusal } from '../../domain/judging/refusals.ts';
import {
  heldUnits,
  type StoredLevel,
  type VariantRecord,
} from '../../domain/judging/variant-record.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';

const CHANGE_NUMBERS = 6;
const REFUSAL_NUMBERS = 3;

/** All that is gathered of one variant; changes and refusals as plain numbers, a few for each. */
interface Page {
  stored?: StoredLevel;
  readonly held: { reserved: number; sold: number };
  readonly changes: number[];
  readonly refusals: number[];
}

/**
 * Gathers the record by variant. Hundreds of thousands of changes are held as rows of numbers and
 * become objects one variant at a time.
 */
export class RecordIndex {
  readonly #pages = new Map<string, Page>();

  addStored(variantId: string, stored: StoredLevel): void {
    this.#page(variantId).stored = stored;
  }

  addChange(variantId: string, change: RecordedChange): void {
    const { kind, version, onHand, reserved, sold, inWindow, receivedAtMs = Number.NaN } = change;
    const { changes } = this.#page(variantId);
    // Kind and window share a number: there may be a million rows.
    const mark = 2 * CHANGE_KINDS.indexOf(kind) + (inWindow ? 1 : 0);
    changes.push(version, onHand, reserved, sold, mark, receivedAtMs);
  }

  addHeld(variantId: string, status: OrderStatus, quantity: number): void {
    const { held } = this.#page(variantId);
    const more = heldUnits(status, quantity);
    held.reserved += more.reserved;
    held.sold += more.sold;
  }

  addRefusal(variantId: string, refusal: StockRefusal): void {
    const { version, requested, acceptedAtMs = Number.NaN } = refusal;
    this.#page(variantId).refusals.push(version, requested, acceptedAtMs);
  }

  /** Every variant that has a stock document or is named by an order, a movement or a refusal. */
  *variants(): Generator<VariantRecord> {
    for (const [variantId, { stored, held, changes, refusals }] of this.#pages) {
      yield {
        variantId,
        ...(stored && { stored }),
        held,
        changes: rowsOf(changes, CHANGE_NUMBERS, changeOf),
        refusals: rowsOf(refusals, REFUSAL_NUMBERS, refusalOf),
      };
    }
  }

  #page(variantId: string): Page {
    const known = this.#pages.get(variantId);
    if (known !== undefined) return known;
    const page: Page = { held: { reserved: 0, sold: 0 }, changes: [], refusals: [] };
    this.#pages.set(variantId, page);
    return page;
  }
}

function rowsOf<Row>(
  numbers: readonly number[],
  width: number,
  rowAt: (numbers: readonly number[], at: number) => Row,
): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < numbers.length; at += width) rows.push(rowAt(numbers, at));
  return rows;
}

function changeOf(numbers: readonly number[], at: number): RecordedChange {
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

function refusalOf(numbers: readonly number[], at: number): StockRefusal {
  const acceptedAtMs = numbers[at + 2] ?? Number.NaN;
  return {
    version: numbers[at] ?? Number.NaN,
    requested: numbers[at + 1] ?? 0,
    ...(Number.isNaN(acceptedAtMs) ? {} : { acceptedAtMs }),
  };
}
