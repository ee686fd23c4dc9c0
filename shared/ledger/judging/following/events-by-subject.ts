import { toBuyerKey } from '../../../domain/discounts/terms.ts';
import { isUsing } from '../../../domain/discounts/uses.ts';
import type { StoredUses } from '../../../domain/judging/discount-account.ts';
import { type RecordedChange, toChangeKind } from '../../../domain/judging/recorded-change.ts';
import type { DrawFact } from '../../../domain/judging/variant-account.ts';
import {
  addHeld,
  type HeldUnits,
  heldUnits,
  type StoredLevel,
} from '../../../domain/judging/variant-record.ts';
import { toPurchaseId } from '../../../domain/purchase-limits.ts';
import { heldLines } from '../../../domain/reductions.ts';
import { isCheckoutId } from '../../../runtime/ids.ts';
import type { ClusterTime, FeedEvent } from '../../../store/change-feed.ts';
import type { DrawRecord } from '../../../store/collections/draws.ts';
import type { MovementRecord } from '../../../store/collections/movements.ts';
import type { OrderRecord } from '../../../store/collections/orders.ts';
import type { OutboxRecord } from '../../../store/collections/outbox.ts';
import type { BuyerOfItem } from '../limited-purchases.ts';
import type { JudgedOrder } from '../record-cursors.ts';

/** The facts of one event about a variant. */
export interface VariantFact {
  readonly at: ClusterTime;
  readonly change?: RecordedChange;
  /** The change of the units that orders and draws hold. */
  readonly held?: HeldUnits;
  readonly draw?: DrawFact;
  /** The new values of the stock level's changed fields. */
  readonly level?: Partial<StoredLevel>;
  /**
   * True if the ledger never causes such an event, so that the variant's whole record must be read.
   */
  readonly isIrregular?: true;
}

/** The facts of one event about a discount. */
export interface DiscountFact {
  readonly at: ClusterTime;
  /** The version of a new use. */
  readonly version?: number;
  /** The change of the number of orders that use the discount. */
  readonly held?: number;
  /** The buyer of the use. */
  readonly buyerKey?: string | undefined;
  /** The new values of the discount's changed fields. */
  readonly stored?: Partial<StoredUses>;
  /** True if the discount's whole record must be read, as for `VariantFact`. */
  readonly isIrregular?: true;
}

/** An order in an event. */
type Order = Omit<JudgedOrder, 'lastStatus' | 'lines' | 'reductions'> &
  Pick<OrderRecord, 'lines' | 'history' | 'reductions'> &
  Pick<OrderRecord, 'purchaseLimits' | 'storefrontId' | 'buyerId' | 'isUnlisted'>;

const LEVEL_FIELDS = ['onHand', 'reserved', 'sold', 'version', 'heldByUnlisted'];
const USE_FIELDS = ['uses', 'version', 'usageLimit', 'usageLimitPerBuyer', 'revision'];

/** Groups the events of a batch by their subjects. */
export class EventsBySubject {
  readonly variants = new Map<string, VariantFact[]>();
  readonly discounts = new Map<string, DiscountFact[]>();
  /** The ids of checkouts that have changed. */
  readonly checkouts = new Set<string>();
  /** Each order as its last event shows it; null if it was deleted. */
  readonly orders = new Map<string, JudgedOrder | null>();
  /** The ids of the checkouts to which these orders belonged before and after the events. */
  readonly checkoutsOfOrders = new Set<string>();
  /** The buyers who have bought limited items or given them back, by purchase id. */
  readonly purchases = new Map<string, BuyerOfItem>();
  /** The facts about draws. The event of a draw does not contain its variant; see `addDraws`. */
  readonly drawFacts: (VariantFact & { readonly draw: DrawFact })[] = [];
  /** Whether the subject of an event is unknown, so that everything has to be read. */
  isUnknown = false;
  /** The number of facts about variants. */
  changes = 0;

  constructor(events: readonly FeedEvent[]) {
    for (const event of events) this.#add(event);
  }

  #add(event: FeedEvent): void {
    const id = event.documentKey?._id;
    if (typeof id !== 'string') {
      this.isUnknown = true;
      return;
    }
    switch (event.ns.coll) {
      case 'stock':
        this.#addLevel(id, event);
        break;
      case 'movements':
        this.#addMovement(event);
        break;
      case 'orders':
        this.#addOrder(id, event);
        break;
      case 'discounts':
        this.#addDiscount(id, event);
        break;
      case 'draws':
        this.#addDraw(id, event);
        break;
      case 'outbox':
        this.#addSettled(event);
        break;
      default:
        this.checkouts.add(id);
    }
  }

  #addLevel(id: string, event: FeedEvent): void {
    const level = changedFields(event, LEVEL_FIELDS);
    const at = event.clusterTime;
    this.#addVariantFact(id, level === undefined ? { at, isIrregular: true } : { at, level });
  }

  #addMovement({ operationType, clusterTime: at, ...event }: FeedEvent): void {
    const after = event.fullDocument as MovementRecord | null | undefined;
    if (operationType === 'insert' && after) {
      const { variantId, version, kind, delta, reference = '' } = after;
      const change = { kind: toChangeKind(kind), version, inWindow: true, ...delta };
      // The units that a draw holds are the sum of its movements.
      const { reserved: moved } = delta;
      const heldByDraw = {
        held: { reserved: moved, sold: 0 },
        draw: { drawId: reference, moved },
      };
      this.#addVariantFact(variantId, { at, change, ...(change.kind === 'draw' && heldByDraw) });
      return;
    }
    const before = event.fullDocumentBeforeChange as MovementRecord | null | undefined;
    if (!before) this.isUnknown = true;
    for (const movement of [before, after]) {
      if (movement) this.#addVariantFact(movement.variantId, { at, isIrregular: true });
    }
  }

  #addOrder(id: string, { operationType, clusterTime: at, ...event }: FeedEvent): void {
    const after = (event.fullDocument ?? undefined) as Order | undefined;
    const before = (event.fullDocumentBeforeChange ?? undefined) as Order | undefined;
    for (const order of [before, after]) {
      if (order === undefined) continue;
      this.checkoutsOfOrders.add(order.checkoutId);
      this.#addPurchases(order);
    }
    this.orders.set(id, after === undefined ? null : toJudgedOrder(after));
    if (operationType === 'insert' && after) {
      this.#addNewOrder(at, after);
      return;
    }
    if (!before || (!after && operationType !== 'delete')) {
      this.isUnknown = true;
      return;
    }
    if (after === undefined || !isSameOrder(before, after)) {
      for (const order of [before, after]) if (order) this.#addIrregular(at, order);
      return;
    }
    const heldBefore = heldLines(before);
    heldLines(after).forEach(({ variantId, quantity }, index) => {
      const released = heldUnits(before, -(heldBefore[index]?.quantity ?? 0));
      const held = addHeld(heldUnits(after, quantity), released);
      this.#addVariantFact(variantId, { at, held });
    });
    const held = Number(isUsing(after.status)) - Number(isUsing(before.status));
    for (const { discountId } of after.discounts ?? []) {
      this.#addDiscountFact(discountId, { at, held, buyerKey: after.buyerKey });
    }
  }

  #addNewOrder(at: ClusterTime, order: Order): void {
    const { lines, discounts = [], status, buyerKey } = order;
    const held = heldLines(order);
    lines.forEach(({ variantId, quantity, version }, index) => {
      const delta = { onHand: 0, reserved: quantity, sold: 0 };
      const change = { kind: 'reserve', version, inWindow: true, ...delta } as const;
      const units = heldUnits(order, held[index]?.quantity ?? 0);
      this.#addVariantFact(variantId, { at, change, held: units });
    });
    for (const { discountId, version } of discounts) {
      this.#addDiscountFact(discountId, { at, version, held: Number(isUsing(status)), buyerKey });
    }
  }

  #addPurchases({ purchaseLimits = [], storefrontId, buyerId }: Order): void {
    for (const { itemId } of purchaseLimits) {
      const purchaseId = toPurchaseId(itemId, toBuyerKey(storefrontId, buyerId));
      this.purchases.set(purchaseId, { itemId, buyerId });
    }
  }

  #addIrregular(at: ClusterTime, { lines, discounts = [] }: Order): void {
    for (const { variantId } of lines) this.#addVariantFact(variantId, { at, isIrregular: true });
    for (const { discountId } of discounts)
      this.#addDiscountFact(discountId, { at, isIrregular: true });
  }

  #addDiscount(id: string, event: FeedEvent): void {
    const stored = changedFields(event, USE_FIELDS);
    const at = event.clusterTime;
    // If a limit has changed, the whole record is read, because the new limit may be lower than
    // the uses.
    const isUse =
      stored !== undefined && Object.keys(stored).every((name) => CHANGED_BY_USE.has(name));
    const isNew = event.operationType === 'insert';
    this.#addDiscountFact(
      id,
      isUse || (isNew && stored) ? { at, stored } : { at, isIrregular: true },
    );
  }

  /** Adds the number of units that a draw holds, if it has changed. */
  #addDraw(drawId: string, event: FeedEvent): void {
    const fields = changedFields<{ readonly held?: number }>(event, ['held']);
    if (fields === undefined) this.isUnknown = true;
    if (fields?.held === undefined) return;
    const fact = { at: event.clusterTime, draw: { drawId, stored: fields.held } };
    this.drawFacts.push(fact);
  }

  /** Adds the checkouts that a transaction has settled. */
  #addSettled({ fullDocument }: FeedEvent): void {
    const { events } = fullDocument as Pick<OutboxRecord, 'events'>;
    for (const { subjectId } of events) {
      if (isCheckoutId(subjectId)) this.checkouts.add(subjectId);
    }
  }

  /** Adds the units that draws hold to the facts of their variants. */
  addDraws(draws: readonly Pick<DrawRecord, '_id' | 'variantId'>[]): void {
    const variantIds = new Map(draws.map(({ _id, variantId }) => [_id, variantId]));
    for (const fact of this.drawFacts) {
      const variantId = variantIds.get(fact.draw.drawId);
      if (variantId !== undefined) this.#addVariantFact(variantId, fact);
    }
  }

  #addVariantFact(id: string, fact: VariantFact): void {
    this.changes += 1;
    const facts = this.variants.get(id);
    if (facts === undefined) this.variants.set(id, [fact]);
    else facts.push(fact);
  }

  #addDiscountFact(id: string, fact: DiscountFact): void {
    const facts = this.discounts.get(id);
    if (facts === undefined) this.discounts.set(id, [fact]);
    else facts.push(fact);
  }
}

function toJudgedOrder(order: Order): JudgedOrder {
  // History entries that change no status have no `status`.
  const lastStatus = order.history?.findLast(({ status }) => status !== undefined)?.status;
  return { ...order, ...(lastStatus !== undefined && { lastStatus }) };
}

/** The fields of a discount that a use changes. */
const CHANGED_BY_USE: ReadonlySet<string> = new Set(['uses', 'version']);

/**
 * Returns the new values of the named fields that an event has set; undefined if the document was
 * deleted or one of the fields was removed.
 */
function changedFields<Fields extends object>(
  { operationType, fullDocument, updateDescription }: FeedEvent,
  names: readonly string[],
): Fields | undefined {
  const source =
    operationType === 'update' ? updateDescription?.updatedFields : (fullDocument ?? undefined);
  const isGone = updateDescription?.removedFields?.some((name) => names.includes(name));
  if (source === undefined || isGone) return undefined;
  const present = names.filter((name) => Object.hasOwn(source, name));
  return Object.fromEntries(present.map((name) => [name, source[name]])) as Fields;
}

/** Returns whether an order still has the same units at the same versions, and the same uses. */
function isSameOrder(before: Order, after: Order): boolean {
  const toFacts = ({ lines, discounts = [], buyerKey, checkoutId, isUnlisted }: Order) =>
    JSON.stringify([
      checkoutId,
      isUnlisted,
      buyerKey,
      lines.map(({ variantId, quantity, version }) => [variantId, quantity, version]),
      discounts.map(({ discountId, version }) => [discountId, version]),
    ]);
  return toFacts(before) === toFacts(after);
}
