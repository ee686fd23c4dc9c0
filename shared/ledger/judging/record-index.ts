import { isUsing } from '../../domain/discounts/uses.ts';
import {
  type DiscountAccount,
  judgedLimitPerBuyer,
  type StoredUses,
} from '../../domain/judging/discount-account.ts';
import {
  findPromiseDifferences,
  findStatusDifferences,
  type OrderDifference,
  type PromisedCheckout,
  type RecordedOrder,
} from '../../domain/judging/order-differences.ts';
import { CHANGE_KINDS, type RecordedChange } from '../../domain/judging/recorded-change.ts';
import type { StockRefusal } from '../../domain/judging/variant-record.ts';
import {
  heldUnits,
  type StoredLevel,
  type VariantRecord,
} from '../../domain/judging/variant-record.ts';
import type { JudgedOrder } from './record-cursors.ts';

const CHANGE_NUMBERS = 6;
const REFUSAL_NUMBERS = 3;

/** The record of one variant; changes and refusals as plain numbers, a few for each. */
interface VariantEntry {
  stored?: StoredLevel;
  readonly held: { reserved: number; sold: number };
  readonly changes: number[];
  readonly refusals: number[];
}

/** The record of one discount. */
interface DiscountEntry {
  stored?: StoredUses;
  held: number;
  heldWithoutBuyer: number;
  readonly heldBy: Map<string, number>;
  readonly versions: number[];
}

/** An order that contradicts its checkout or itself. */
export interface SuspectOrder {
  readonly orderId: string;
  /** Variants and discounts that it or its checkout names. */
  readonly named: ReadonlySet<string>;
  readonly differences: readonly OrderDifference[];
}

/** How an order's lines count as changes of stock. */
interface Placement {
  readonly inWindow: boolean;
  readonly receivedAtMs?: number;
}

/**
 * The record by variant and by discount, with the orders that are suspect. It holds hundreds of
 * thousands of changes as rows of numbers, and makes objects of them one variant at a time.
 */
export class RecordIndex {
  readonly #variants = new Map<string, VariantEntry>();
  readonly #discounts = new Map<string, DiscountEntry>();
  readonly #suspects: SuspectOrder[] = [];

  addStock(variantId: string, stored: StoredLevel): void {
    this.#variant(variantId).stored = stored;
  }

  addChange(variantId: string, change: RecordedChange): void {
    const { kind, version, onHand, reserved, sold, inWindow, receivedAtMs = Number.NaN } = change;
    const { changes } = this.#variant(variantId);
    // Kind and window share a number: there may be a million rows.
    const mark = 2 * CHANGE_KINDS.indexOf(kind) + (inWindow ? 1 : 0);
    changes.push(version, onHand, reserved, sold, mark, receivedAtMs);
  }

  addRefusal(variantId: string, refusal: StockRefusal): void {
    const { version, requested, acceptedAtMs = Number.NaN } = refusal;
    this.#variant(variantId).refusals.push(version, requested, acceptedAtMs);
  }

  /** Adds a discount; all discounts must be added before the orders that use them. */
  addDiscount(discountId: string, stored: StoredUses): void {
    this.#discount(discountId).stored = stored;
  }

  /** @param checkout its own, if it is at hand and was placed */
  addOrder(order: JudgedOrder, placement: Placement, checkout?: PromisedCheckout): void {
    this.#addLines(order, placement);
    this.#addUses(order);
    const differences = [
      ...findStatusDifferences(order),
      ...(checkout === undefined ? [] : findPromiseDifferences(order, checkout)),
    ];
    if (differences.length === 0) return;
    const named = new Set([order, ...(checkout ? [checkout] : [])].flatMap(listNamed));
    this.#suspects.push({ orderId: order._id, named, differences });
  }

  /** Yields each variant that has a stock document or is named in any other document. */
  *variants(): Generator<VariantRecord> {
    for (const [variantId, { stored, held, changes, refusals }] of this.#variants) {
      yield {
        variantId,
        ...(stored && { stored }),
        held,
        changes: readRows(changes, CHANGE_NUMBERS, readChange),
        refusals: readRows(refusals, REFUSAL_NUMBERS, readRefusal),
      };
    }
  }

  /** Yields each discount that has a document or is named by an order. */
  *discounts(): Generator<DiscountAccount> {
    for (const [discountId, entry] of this.#discounts) yield { discountId, ...entry };
  }

  get suspects(): readonly SuspectOrder[] {
    return this.#suspects;
  }

  #addLines({ lines, status }: JudgedOrder, placement: Placement): void {
    for (const { variantId, quantity, version } of lines) {
      const { held } = this.#variant(variantId);
      const units = heldUnits(status, quantity);
      held.reserved += units.reserved;
      held.sold += units.sold;
      const delta = { onHand: 0, reserved: quantity, sold: 0 };
      this.addChange(variantId, { kind: 'reserve', version, ...delta, ...placement });
    }
  }

  #addUses({ status, buyerKey, discounts = [] }: JudgedOrder): void {
    for (const { discountId, version } of discounts) {
      const entry = this.#discount(discountId);
      entry.versions.push(version);
      if (!isUsing(status)) continue;
      entry.held += 1;
      if (buyerKey === undefined) entry.heldWithoutBuyer += 1;
      else if (entry.stored && judgedLimitPerBuyer(entry.stored) !== undefined) {
        entry.heldBy.set(buyerKey, (entry.heldBy.get(buyerKey) ?? 0) + 1);
      }
    }
  }

  #variant(id: string): VariantEntry {
    const make = () => ({ held: { reserved: 0, sold: 0 }, changes: [], refusals: [] });
    return getOrAdd(this.#variants, id, make);
  }

  #discount(id: string): DiscountEntry {
    const make = () => ({ held: 0, heldWithoutBuyer: 0, heldBy: new Map(), versions: [] });
    return getOrAdd(this.#discounts, id, make);
  }
}

function getOrAdd<Entry>(entries: Map<string, Entry>, id: string, make: () => Entry): Entry {
  const present = entries.get(id);
  if (present !== undefined) return present;
  const entry = make();
  entries.set(id, entry);
  return entry;
}

function listNamed({ lines, discounts = [] }: Pick<RecordedOrder, 'lines' | 'discounts'>) {
  return [
    ...lines.map(({ variantId }) => variantId),
    ...discounts.map(({ discountId }) => discountId),
  ];
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
