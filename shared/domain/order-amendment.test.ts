import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AMENDMENTS_MAX, decideAmendment } from './order-amendment.ts';
import type { OrderStatus } from './vocabulary.ts';

const address = fc.record({ name: fc.constantFrom('A', 'B'), city: fc.constantFrom('C', 'D') });
const contact = fc.record({ email: fc.constantFrom('a@b.c', 'd@e.f') });
const note = fc.constantFrom('x', 'y');
const facts = fc.record(
  { shippingAddress: address, contact, note, metadata: fc.constant({ k: 'v' }) },
  { requiredKeys: [] },
);
const amendment = fc.record(
  {
    shippingAddress: fc.option(address),
    contact: fc.option(contact),
    note: fc.option(note),
    metadata: fc.dictionary(fc.constantFrom('k', 'l'), fc.option(note)),
  },
  { requiredKeys: [] },
);
const STATUSES: OrderStatus[] = ['pending', 'confirmed', 'shipped', 'cancelled', 'expired'];

test('an amendment sets only the given fields, needs an open order except for metadata, and can be repeated', () => {
  fc.assert(
    fc.property(facts, amendment, fc.constantFrom(...STATUSES), (before, requested, status) => {
      const order = { ...before, status, history: [] };
      const decision = decideAmendment(order, requested);
      const names = ['shippingAddress', 'contact', 'note'] as const;
      const isPersonal = names.some(
        (name) =>
          requested[name] !== undefined &&
          JSON.stringify(requested[name]) !== JSON.stringify(before[name] ?? null),
      );
      const isOpen = status === 'pending' || status === 'confirmed';
      expect(decision.kind === 'refused').toBe(isPersonal && !isOpen);
      if (decision.kind !== 'amended') return;
      for (const name of names) {
        expect(decision.facts[name]).toEqual(
          requested[name] === undefined ? before[name] : (requested[name] ?? undefined),
        );
      }
      const after = { status, history: [], ...decision.facts };
      expect(decideAmendment(after, requested)).toEqual({ kind: 'unchanged' });
    }),
  );
});

test('an order can be amended at most AMENDMENTS_MAX times', () => {
  const history = Array.from({ length: AMENDMENTS_MAX }, () => ({ kind: 'details_changed' }));
  const order = { status: 'pending' as const, history };
  expect(decideAmendment(order, { note: 'x' }).kind).toBe('refused');
  const fewer = { ...order, history: history.slice(1) };
  expect(decideAmendment(fewer, { note: 'x' }).kind).toBe('amended');
});
