import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignCharges, type Charge, chargesLeft, sumCharges } from './charges.ts';
import { decideReduction, type ReducingMove } from './decide-reduction.ts';
import { shopParts } from './lines.ts';
import { type Reduction, sumReductions } from './reductions.ts';
import type { OrderStatus } from './vocabulary.ts';

const NOW = new Date('2030-01-01T12:00:00.000Z');

const toLine = (shopId: string, unitPrice: number) => ({
  ...{ variantId: `v-${shopId}`, productId: 'p', shopId, sku: 's', title: 't' },
  ...{ quantity: 1, unitPrice },
});
const shipping = (amount: number, shopId?: string) => ({
  ...{ kind: 'shipping' as const, title: 'Post', amount },
  ...(shopId !== undefined && { shopId }),
});

test('the parts of the shops sum to the lines and charges of the checkout', () => {
  const shop = fc.constantFrom('a', 'b', 'c');
  const lines = fc.array(fc.tuple(shop, fc.nat(1_000)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(lines, fc.array(fc.nat(500), { maxLength: 6 }), (priced, amounts) => {
      const own = priced.map(([id, price]) => toLine(id, price));
      const ids = new Set(own.map(({ shopId }) => shopId));
      const named = amounts.map((amount, at) => shipping(amount, [...ids][at % ids.size]));
      const charges = assignCharges(named, ids);
      const parts = shopParts(own, charges);
      const total = parts.reduce((sum, part) => sum + part.total, 0);
      const prices = own.reduce((sum, { unitPrice }) => sum + unitPrice, 0);
      expect(total).toBe(prices + sumCharges(charges));
      for (const part of parts) {
        expect(part.total).toBe(part.subtotal - part.discount + sumCharges(part.charges));
      }
    }),
  );
});

test('a charge may omit the checkout’s only shop; of several it must name one with a line', () => {
  expect(assignCharges([shipping(5)], new Set(['a']))).toEqual([shipping(5, 'a')]);
  expect(() => assignCharges([shipping(5)], new Set(['a', 'b']))).toThrow(/spans shops/);
  expect(() => assignCharges([shipping(5, 'c')], new Set(['a', 'b']))).toThrow(/no line/);
});

interface Order {
  status: OrderStatus;
  readonly reservedUntil: Date;
  readonly lines: ReturnType<typeof toLine>[];
  readonly charges: Charge[];
  reductions: Reduction[];
}

const anyStep = fc.record({
  move: fc.constantFrom<ReducingMove[]>('cancel', 'return', 'lose'),
  variant: fc.option(fc.constantFrom('v-a', 'v-b')),
  charges: fc.uniqueArray(
    fc.record({ index: fc.nat(2), amount: fc.integer({ min: 1, max: 400 }) }),
    { selector: ({ index }) => index, maxLength: 2 },
  ),
  next: fc.constantFrom<OrderStatus[]>('pending', 'confirmed', 'shipped'),
});

test('no charge is given back twice, and a cancelled order gives back all charges', () => {
  const order = (): Order => ({
    ...{ status: 'pending', reservedUntil: NOW, reductions: [] },
    lines: [toLine('a', 300), toLine('b', 700)],
    charges: [shipping(250), { kind: 'tax', title: 'VAT', amount: 190 }],
  });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 6 }), (steps) => {
      const current = order();
      for (const { move, variant, charges, next } of steps) {
        const lines = variant === null ? undefined : [{ variantId: variant, quantity: 1 }];
        const request = { move, ...(lines && { lines }), charges };
        const decision = decideReduction(current, request, NOW);
        if (decision.kind === 'reduced') {
          current.reductions.push(decision.reduction);
          current.status = decision.to;
          const { lines: reduced, charges: back = [], amount } = decision.reduction;
          expect(amount).toBe(sumCharges(reduced) + sumCharges(back));
        } else if (current.status === 'pending' || current.status === 'confirmed') {
          current.status = next;
        }
        const left = chargesLeft(current.charges, current.reductions);
        expect(Math.min(...left)).toBeGreaterThanOrEqual(0);
        const total = 1_440;
        const { amountDue, refunded } = sumReductions({ ...current, total });
        expect(refunded).toBeLessThanOrEqual(amountDue);
        if (current.status !== 'cancelled') continue;
        expect(left).toEqual([0, 0]);
        expect(sumCharges(current.reductions)).toBe(total);
      }
    }),
  );
});

test.each([
  [[{ index: 2, amount: 1 }], 'charges.0.index'],
  [[{ index: 0, amount: 251 }], 'charges.0.amount'],
])('giving back %j is refused', (charges, path) => {
  const order = {
    ...{ status: 'shipped' as const, reservedUntil: NOW },
    lines: [toLine('a', 300)],
    charges: [shipping(250), shipping(0)],
  };
  expect(decideReduction(order, { move: 'return', charges }, NOW)).toMatchObject({ path });
});
