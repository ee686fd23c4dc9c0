import fc from 'fast-check';
import { decideAdjustment } from '../../adjustment.ts';
import { decideReduction, type ReducingMove } from '../../decide-reduction.ts';
import type { OrderDraft } from '../../order-drafts.ts';
import { decideTransition, type OrderMove } from '../../order-transitions.ts';
import { heldLines, type Reduction } from '../../reductions.ts';
import { decideSettlements } from '../../settlement.ts';
import { StockChanges } from '../../stock-changes.ts';
import type { OrderStatus, PricedLine, StockDelta, StockLevel } from '../../vocabulary.ts';
import type { ChangeKind, RecordedChange } from '../recorded-change.ts';
import type { StockRefusal } from '../variant-record.ts';
import { heldUnits, type VariantRecord } from '../variant-record.ts';

type PlainMove = Exclude<OrderMove, ReducingMove>;

/** Takes units off every line of an order; without `quantity`, all that are left. */
interface WantedReduction {
  readonly move: ReducingMove;
  readonly quantity: number | undefined;
  readonly isRestocked: boolean;
}

/** One event of the simulated shop. `order` and `variant` select an existing order or variant. */
export type Step =
  | { readonly kind: 'checkouts'; readonly carts: readonly (readonly number[])[] }
  | { readonly kind: 'move'; readonly order: number; readonly move: PlainMove }
  | ({ readonly kind: 'reduce'; readonly order: number } & WantedReduction)
  | { readonly kind: 'adjust'; readonly variant: number; readonly delta: number };

const VARIANTS = 2;
const UNITS_MAX = 1_000;
const NEVER = new Date(8_000_000_000_000);

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('checkouts' as const),
    carts: fc.array(
      fc
        .array(fc.nat(3), { minLength: VARIANTS, maxLength: VARIANTS })
        .filter((units) => units.some((count) => count > 0)),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  fc.record({
    kind: fc.constant('move' as const),
    order: fc.nat(20),
    move: fc.constantFrom<PlainMove[]>('confirm', 'ship', 'deliver'),
  }),
  fc.record({
    kind: fc.constant('reduce' as const),
    order: fc.nat(20),
    move: fc.constantFrom<ReducingMove[]>('cancel', 'return', 'lose'),
    quantity: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
    isRestocked: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('adjust' as const),
    variant: fc.nat(VARIANTS - 1),
    delta: fc.integer({ min: -6, max: 12 }),
  }),
);

/** 6 to 31 events, beginning with a delivery. */
export const anyHistory: fc.Arbitrary<readonly Step[]> = fc
  .array(steps, { minLength: 5, maxLength: 30 })
  .map((events) => [{ kind: 'adjust', variant: 0, delta: 8 }, ...events]);

/** Applies the real decisions to these events and returns the resulting records. */
export function simulate(history: readonly Step[]): VariantRecord[] {
  const shop = new SimulatedShop();
  for (const step of history) shop.play(step);
  return shop.records();
}

class SimulatedShop {
  readonly #levels = new Map<string, StockLevel>();
  readonly #changes: (RecordedChange & { variantId: string })[] = [];
  readonly #refusals: (StockRefusal & { variantId: string })[] = [];
  readonly #orders: { draft: OrderDraft; status: OrderStatus; reductions: Reduction[] }[] = [];
  #now = 1_000;

  constructor() {
    for (let index = 0; index < VARIANTS; index += 1) {
      const variantId = `v${index}`;
      const owner = { productId: `p${index}`, shopId: 's' };
      const level = { variantId, ...owner, onHand: 0, reserved: 0, sold: 0, version: 0 };
      this.#levels.set(variantId, level);
    }
  }

  play(step: Step): void {
    this.#now += 10;
    if (step.kind === 'checkouts') this.#settle(step.carts);
    else if (step.kind === 'move') this.#move(step.order, step.move);
    else if (step.kind === 'reduce') this.#reduce(step.order, step);
    else this.#adjust(`v${step.variant}`, step.delta);
  }

  records(): VariantRecord[] {
    return Array.from(this.#levels.values(), ({ variantId, onHand, reserved, sold, version }) => {
      const own = <Row extends { variantId: string }>(rows: readonly Row[]) =>
        rows.filter((row) => row.variantId === variantId).map(({ variantId: _, ...row }) => row);
      const held = { reserved: 0, sold: 0 };
      for (const { draft, status, reductions } of this.#orders) {
        const lines = heldLines({ lines: draft.lines, reductions });
        for (const line of lines.filter((draftLine) => draftLine.variantId === variantId)) {
          held.reserved += heldUnits({ status }, line.quantity).reserved;
          held.sold += heldUnits({ status }, line.quantity).sold;
        }
      }
      const stored = { onHand, reserved, sold, version };
      return {
        variantId,
        stored,
        held,
        changes: own(this.#changes),
        refusals: own(this.#refusals),
      };
    });
  }

  #settle(carts: readonly (readonly number[])[]): void {
    const checkouts = carts.map((units, index) => {
      const lines = units.flatMap((quantity, at) =>
        quantity > 0 ? [toPricedLine(at, quantity)] : [],
      );
      return { id: `c${index}`, lines, total: 0 };
    });
    const { outcomes } = decideSettlements({
      checkouts,
      stock: this.#levels,
      variantIdsForSale: new Set(this.#levels.keys()),
    });
    outcomes.forEach((outcome, index) => {
      const times = planTimes(checkouts[index]?.lines ?? [], this.#now + index);
      if (outcome.status === 'placed') {
        for (const draft of outcome.orders) this.#place(draft, times.receivedAtMs);
        return;
      }
      if (outcome.status === 'waiting') throw new RangeError('a checkout waits, although none may');
      const { variantId = '', requested = 0, version = Number.NaN } = outcome.rejection;
      this.#refusals.push({ variantId, version, requested, ...times.accepted });
    });
  }

  #place(draft: OrderDraft, receivedAtMs: number | undefined): void {
    this.#orders.push({ draft, status: 'pending', reductions: [] });
    for (const { variantId, quantity } of draft.lines) {
      const delta = { onHand: 0, reserved: quantity, sold: 0 };
      this.#change(variantId, 'reserve', delta, receivedAtMs);
    }
  }

  #move(pick: number, move: PlainMove): void {
    const order = this.#orders[pick % Math.max(1, this.#orders.length)];
    if (order === undefined) return;
    const decision = decideTransition({ ...order, reservedUntil: NEVER }, move, new Date(0));
    if (decision.kind !== 'moved') return;
    order.status = decision.to;
    if (move === 'ship' || move === 'deliver') return;
    const { onHand, reserved, sold } = decision.effect;
    const { reductions } = order;
    for (const { variantId, quantity } of heldLines({ lines: order.draft.lines, reductions })) {
      if (quantity === 0) continue;
      this.#change(variantId, move, {
        onHand: onHand * quantity,
        reserved: reserved * quantity,
        sold: sold * quantity,
      });
    }
  }

  #reduce(pick: number, { move, quantity, isRestocked }: WantedReduction): void {
    const order = this.#orders[pick % Math.max(1, this.#orders.length)];
    if (order === undefined) return;
    const { draft, reductions, status } = order;
    const lines = quantity && draft.lines.map(({ variantId }) => ({ variantId, quantity }));
    const request = { move, isRestocked, ...(lines && { lines }) };
    const before = { lines: draft.lines, reductions, status, reservedUntil: NEVER };
    const decision = decideReduction(before, request, new Date(0));
    if (decision.kind !== 'reduced') return;
    reductions.push(decision.reduction);
    order.status = decision.to;
    if (!decision.reduction.isRestocked) return;
    for (const { variantId, quantity: units } of decision.reduction.lines) {
      const delta = decision.reduction.isPaid
        ? { onHand: units, reserved: 0, sold: -units }
        : { onHand: 0, reserved: -units, sold: 0 };
      this.#change(variantId, move === 'cancel' ? 'cancel' : 'return', delta);
    }
  }

  #adjust(variantId: string, delta: number): void {
    const level = this.#levels.get(variantId);
    if (level === undefined) return;
    const decision = decideAdjustment(level, { delta }, UNITS_MAX);
    if (decision.kind === 'refused') return;
    this.#change(variantId, 'adjust', { onHand: decision.onHandDelta, reserved: 0, sold: 0 });
  }

  #change(variantId: string, kind: ChangeKind, delta: StockDelta, receivedAtMs?: number): void {
    const after = new StockChanges(this.#levels.values()).change(variantId, delta);
    this.#levels.set(variantId, after);
    const common = { variantId, kind, version: after.version, inWindow: true, ...delta };
    this.#changes.push(receivedAtMs === undefined ? common : { ...common, receivedAtMs });
  }
}

function toPricedLine(at: number, quantity: number): PricedLine {
  const variantId = `v${at}`;
  const product = { productId: `p${at}`, shopId: 's', sku: variantId, title: 'A thing' };
  return { variantId, ...product, quantity, unitPrice: 0 };
}

/**
 * Returns times only for checkouts of a single line, because only these are judged for fairness.
 */
function planTimes(lines: readonly PricedLine[], nowMs: number) {
  if (lines.length !== 1) return { receivedAtMs: undefined, accepted: {} };
  return { receivedAtMs: nowMs, accepted: { acceptedAtMs: nowMs } };
}
