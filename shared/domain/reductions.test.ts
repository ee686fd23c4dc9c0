import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideReduction, REDUCTIONS_MAX, type ReducingMove } from './decide-reduction.ts';
import { decideParcel, PARCEL_LINES_MAX, PARCELS_MAX } from './parcels.ts';
import {
  countUnits,
  keptUnits,
  priceOfUnits,
  type Reduction,
  sumReductions,
} from './reductions.ts';
import type { OrderStatus } from './vocabulary.ts';

const NOW = new Date('2030-01-01T12:00:00.000Z');
const UNITS_MAX = 1_000_000;
const PRICE_MAX = 100_000_000;

const anyLine = fc
  .record({
    variantId: fc.constant('v0'),
    quantity: fc.integer({ min: 1, max: UNITS_MAX }),
    unitPrice: fc.nat(PRICE_MAX),
    percent: fc.nat(100),
  })
  .map(({ percent, ...line }) => {
    const discount = Math.floor((line.quantity * line.unitPrice * percent) / 100);
    return { ...line, discount };
  })
  .filter(({ discount, quantity, unitPrice }) => discount <= quantity * unitPrice);

test('the prices of any parts of a line sum to the line less its discount', () => {
  fc.assert(
    fc.property(anyLine, fc.array(fc.nat(UNITS_MAX), { maxLength: 10 }), (line, cuts) => {
      const bounds = [0, ...cuts.filter((cut) => cut < line.quantity), line.quantity].sort(
        (first, second) => first - second,
      );
      const parts = bounds.slice(1).map((end, index) => {
        const start = bounds[index] ?? 0;
        return priceOfUnits(line, start, end - start);
      });
      for (const part of parts) expect(part).toBeGreaterThanOrEqual(0);
      const whole = line.quantity * line.unitPrice - line.discount;
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(whole);
    }),
  );
});

interface Order {
  status: OrderStatus;
  readonly reservedUntil: Date;
  readonly lines: {
    readonly variantId: string;
    readonly quantity: number;
    readonly unitPrice: number;
    readonly discount: number;
  }[];
  reductions: Reduction[];
}

const anyOrder = fc
  .array(
    fc.record({
      quantity: fc.integer({ min: 1, max: 5 }),
      unitPrice: fc.nat(1_000),
      share: fc.nat(100),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((lines) =>
    lines.map(({ share, ...line }, index) => ({
      ...line,
      variantId: `v${index}`,
      discount: Math.floor((line.quantity * line.unitPrice * share) / 100),
    })),
  );

const anyStep = fc.record({
  move: fc.constantFrom<ReducingMove[]>('cancel', 'return', 'lose'),
  lines: fc.option(
    fc.array(
      fc.record({
        variantId: fc.nat(4).map((index) => `v${index}`),
        quantity: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    { nil: undefined, freq: 8 },
  ),
  isRestocked: fc.boolean(),
  next: fc.constantFrom<OrderStatus[]>('pending', 'confirmed', 'shipped', 'delivered'),
});

const PROGRESS: readonly OrderStatus[] = ['pending', 'confirmed', 'shipped', 'delivered'];

test('all refunds of an order sum to the payment when no units are left', () => {
  fc.assert(
    fc.property(anyOrder, fc.array(anyStep, { maxLength: 12 }), (lines, steps) => {
      const net = lines.map((line) => line.quantity * line.unitPrice - line.discount);
      const total = net.reduce((sum, amount) => sum + amount, 0);
      const order: Order = { status: 'pending', reservedUntil: NOW, lines, reductions: [] };
      for (const { move, isRestocked, next, ...step } of steps) {
        const request = { move, isRestocked, ...(step.lines && { lines: step.lines }) };
        const decision = decideReduction(order, request, NOW);
        if (decision.kind === 'reduced') {
          order.reductions.push(decision.reduction);
          order.status = decision.to;
        }
        if (PROGRESS.indexOf(next) > PROGRESS.indexOf(order.status) && isRunning(order)) {
          order.status = next;
        }
        for (const line of countUnits(order)) expect(keptUnits(line)).toBeGreaterThanOrEqual(0);
      }
      if (isRunning(order)) takeRemaining(order);
      const { amountDue, refunded } = sumReductions({ ...order, total });
      const isPaid = order.reductions.some((reduction) => reduction.isPaid);
      expect(refunded).toBe(isPaid ? amountDue : 0);
      expect(order.reductions.reduce((sum, { amount }) => sum + amount, 0)).toBe(total);
    }),
  );
});

function isRunning({ status }: Order): boolean {
  return PROGRESS.includes(status);
}

function takeRemaining(order: Order): void {
  const move = order.status === 'pending' || order.status === 'confirmed' ? 'cancel' : 'return';
  const decision = decideReduction(order, { move }, NOW);
  if (decision.kind !== 'reduced') throw new RangeError(JSON.stringify(decision));
  order.reductions.push(decision.reduction);
  order.status = decision.to;
}

const LINE = { variantId: 'v0', quantity: 3, unitPrice: 100, discount: 100 };
const sold = { status: 'confirmed', reservedUntil: NOW, lines: [LINE] } as const;

test.each([
  ['more than was bought', [{ variantId: 'v0', quantity: 4 }], 'lines.0.quantity'],
  ['more than was bought, in parts', [toLine('v0', 2), toLine('v0', 2)], 'lines.0.quantity'],
  ['a variant that was not bought', [toLine('v0', 1), toLine('v9', 1)], 'lines.1.variantId'],
])('refuses to cancel %s and names the field', (_, lines, path) => {
  const decision = decideReduction(sold, { move: 'cancel', lines }, NOW);
  expect(decision).toMatchObject({ kind: 'refused', path });
});

function toLine(variantId: string, quantity: number) {
  return { variantId, quantity };
}

test('refuses a return of units that were never sent', () => {
  for (const lines of [undefined, [toLine('v0', 1)]]) {
    const request = { move: 'return', ...(lines && { lines }) } as const;
    expect(decideReduction(sold, request, NOW)).toMatchObject({
      kind: 'refused',
      reason: 'an order that is confirmed does not allow return',
    });
  }
});

test('units in a parcel can be returned and no longer be cancelled', () => {
  const order = { ...sold, parcels: [{ lines: [toLine('v0', 1)] }] };
  const decide = (move: ReducingMove, quantity?: number) =>
    decideReduction(order, { move, ...(quantity && { lines: [toLine('v0', quantity)] }) }, NOW);
  expect(decide('cancel')).toMatchObject({ kind: 'refused' });
  expect(decide('cancel', 3)).toMatchObject({ kind: 'refused', code: 'quantity_exceeded' });
  expect(decide('return', 2)).toMatchObject({ kind: 'refused', code: 'quantity_exceeded' });
  expect(decide('return', 1)).toMatchObject({ kind: 'reduced', to: 'confirmed' });
  expect(decide('cancel', 2)).toMatchObject({ kind: 'reduced', to: 'shipped' });
});

test('shares a discount among the units, and the last unit bears the remainder', () => {
  expect([0, 1, 2].map((before) => priceOfUnits(LINE, before, 1))).toEqual([67, 67, 66]);
});

test('bounds the reductions of an order, except a reduction that takes all units that are left', () => {
  const lines = [{ ...LINE, quantity: 1_000, discount: 0 }];
  const reduction: Reduction = {
    ...{ kind: 'cancelled', amount: 100, isPaid: true, isRestocked: true },
    lines: [{ variantId: 'v0', quantity: 1, amount: 100 }],
  };
  const order = {
    ...sold,
    lines,
    reductions: Array.from({ length: REDUCTIONS_MAX }, () => reduction),
  };
  const partial = { move: 'cancel', lines: [toLine('v0', 1)] } as const;
  expect(decideReduction(order, partial, NOW)).toMatchObject({ kind: 'refused' });
  expect(decideReduction(order, { move: 'cancel' }, NOW)).toMatchObject({ to: 'cancelled' });
});

test.each([
  ['pending', 'refused'],
  ['confirmed', 'added'],
  ['shipped', 'added'],
  ['delivered', 'added'],
  ['cancelled', 'refused'],
] as const)('a parcel of an order that is %s is %s', (status, kind) => {
  const parcel = { trackingReference: 'P1', lines: [toLine('v0', 1)] };
  expect(decideParcel({ ...sold, status }, parcel)).toMatchObject({ kind });
});

test.each([
  ['too many parcels', PARCELS_MAX, 1, /^the order has 100 parcels and can have no more$/],
  [
    'too many lines in its parcels',
    1,
    PARCEL_LINES_MAX,
    /would have 5001 lines; the maximum is 5000$/,
  ],
] as const)(
  'refuses a parcel of an order with %s and says so',
  (_, parcelCount, lineCount, reason) => {
    const lines = Array.from({ length: lineCount }, () => toLine('v1', 0));
    const parcels = Array.from({ length: parcelCount }, (__, index) => {
      return { id: `${index}`, trackingReference: `P${index}`, lines, at: NOW };
    });
    const parcel = { trackingReference: 'new', lines: [toLine('v0', 1)] };
    expect(decideParcel({ ...sold, parcels }, parcel)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(reason),
    });
  },
);

test('a parcel has at most the units left to send, and a repeated parcel changes nothing', () => {
  const parcels = [{ id: 'a', trackingReference: 'P1', lines: [toLine('v0', 2)], at: NOW }];
  const order = { ...sold, parcels };
  const send = (quantity: number) =>
    decideParcel(order, { trackingReference: 'P2', lines: [toLine('v0', quantity)] });
  expect(send(2)).toMatchObject({ code: 'quantity_exceeded', path: 'lines.0.quantity' });
  expect(send(1)).toMatchObject({ kind: 'added', isLast: true });
  const full = {
    ...order,
    parcels: [
      ...parcels,
      { ...parcels[0], id: 'b', trackingReference: 'P2', lines: [toLine('v0', 1)], at: NOW },
    ],
  };
  expect(decideParcel(full, { trackingReference: 'P3' })).toMatchObject({ path: 'lines' });
  expect(decideParcel(full, { trackingReference: 'P2' })).toMatchObject({ kind: 'unchanged' });
  const other = { trackingReference: 'P2', lines: [toLine('v0', 2)] };
  expect(decideParcel(full, other)).toMatchObject({ kind: 'refused', isTaken: true });
});
