import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { UNMATCHED_PAYMENTS_MAX } from '../domain/unmatched-payment.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import { givenCheckout, givenLedger, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { promiseRuns } from '../testing/promises.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { tryAgain } from '../testing/try-again.ts';
import { reconcile } from './judging/reconcile.ts';
import { takeVerdict } from './judging/verdict.ts';
import { moveOrders } from './move-orders.ts';
import type { OrderCommand } from './moving/order-command.ts';
import { settleCheckouts } from './settle-checkouts.ts';

const store = await openTestStore(testNamespace());
const TTL_MS = 1_000;
const clock = manualClock();
const ledger = givenLedger(store, { clock, reservationTtlMs: TTL_MS });

beforeEach(() => clearStore(store));

async function givenOrderId(): Promise<string> {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant)] });
  const [settled] = await settleCheckouts(ledger, [_id]);
  return settled?.orderIds[0] ?? '';
}

type Move = Pick<OrderCommand, 'move' | 'forbidden' | 'isReacquiring'> & {
  readonly reference?: string;
};

async function move(orderId: string, moves: readonly Move[]): Promise<string[]> {
  const commands = moves.map(({ move: name, forbidden, reference, isReacquiring }) => ({
    ...{ orderId, move: name, actor: 'key_1' },
    ...(forbidden !== undefined && { forbidden }),
    ...(isReacquiring && { isReacquiring }),
    ...(reference !== undefined && { details: { paymentReference: reference } }),
  }));
  return (await moveOrders(ledger, commands)).map(({ kind }) => kind);
}

const pay = (reference: string): Move => ({ move: 'confirm', reference });
const payForbidden = (reference: string): Move => ({ ...pay(reference), forbidden: 'a test' });
const payAgain = (reference: string): Move => ({ ...pay(reference), isReacquiring: true });

/** Returns the references of an order by the place that stores them, with repetitions. */
async function findReferences(orderId: string) {
  const order = await store.orders.findOne<OrderRecord>({ _id: orderId });
  const outbox = await store.outbox.find({ 'events.subjectId': orderId }).toArray();
  const events = outbox.flatMap((entry) => entry.events);
  const auditEntries = await store.audit
    .find({ target: orderId, action: 'order.payment_unmatched' })
    .toArray();
  return {
    status: order?.status,
    applied: order?.paymentReference,
    history: order?.history.flatMap((entry) =>
      entry.kind === 'payment_unmatched' ? entry.paymentReference : [],
    ),
    events: events
      .filter(({ type }) => type === 'order.payment_unmatched')
      .map(({ data }) => data['paymentReference']),
    audit: auditEntries.map(({ detail }) => detail?.['paymentReference']),
    seqs: events.filter(({ subjectId }) => subjectId === orderId).map(({ seq }) => seq),
    seq: order?.seq,
  };
}

test.each([
  ['applied 1 ms before', TTL_MS - 1, ['moved'], { applied: 'pay-1', history: [] }],
  ['unmatched exactly when', TTL_MS, ['refused'], { applied: undefined, history: ['pay-1'] }],
  ['unmatched 1 ms after', TTL_MS + 1, ['refused'], { applied: undefined, history: ['pay-1'] }],
] as const)('a payment is %s the reservation ends', async (_, afterMs, kinds, expected) => {
  const id = await givenOrderId();
  clock.advance(afterMs);
  expect(await move(id, [pay('pay-1')])).toEqual(kinds);
  const { applied, history } = await findReferences(id);
  expect({ applied, history }).toEqual(expected);
});

test('an order whose payment came too late still expires, and its record is consistent', async () => {
  const id = await givenOrderId();
  clock.advance(TTL_MS);
  expect(await move(id, [pay('pay-1'), pay('pay-2'), pay('pay-1')])).toEqual([
    ...['refused', 'refused', 'refused'],
  ]);
  expect(await move(id, [{ move: 'expire' }, pay('pay-2')])).toEqual(['moved', 'refused']);
  const once = ['pay-1', 'pay-2'];
  expect(await findReferences(id)).toMatchObject({ history: once, events: once, audit: once });
  expect((await reconcile(ledger, { fix: false })).differences).toEqual([]);
});

test('a forbidden move is refused, changes nothing, and its payment is recorded', async () => {
  const id = await givenOrderId();
  const forbidden = { move: 'cancel', forbidden: 'a test' } as const;
  expect(await move(id, [forbidden, payForbidden('pay-1')])).toEqual(['refused', 'refused']);
  const once = ['pay-1'];
  expect(await findReferences(id)).toMatchObject({
    ...{ status: 'pending', applied: undefined, history: once, events: once, audit: once },
  });
  expect((await reconcile(ledger, { fix: false })).differences).toEqual([]);
});

test('concurrent confirmations with one reference leave one entry', async () => {
  const id = await givenOrderId();
  await move(id, [{ move: 'cancel' }]);
  await Promise.all(Array.from({ length: 20 }, () => tryAgain(() => move(id, [pay('pay-1')]))));
  const once = ['pay-1'];
  expect(await findReferences(id)).toMatchObject({ history: once, events: once, audit: once });
});

test('if a history is full, the payment is recorded in the audit record only', async () => {
  const id = await givenOrderId();
  await move(id, [{ move: 'cancel' }]);
  await move(
    id,
    Array.from({ length: UNMATCHED_PAYMENTS_MAX }, (_, index) => pay(`pay-${index}`)),
  );
  expect(await move(id, [pay('one-more'), pay('pay-0')])).toEqual(['refused', 'refused']);
  const { history, audit } = await findReferences(id);
  expect(history).toHaveLength(UNMATCHED_PAYMENTS_MAX);
  expect(audit).toHaveLength(UNMATCHED_PAYMENTS_MAX + 1);
  expect(audit).toContain('one-more');
});

const arbitraryStep = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c').map(pay) },
  { weight: 2, arbitrary: fc.constantFrom('a', 'b', 'f').map(payAgain) },
  { weight: 1, arbitrary: fc.constantFrom('d', 'e').map(payForbidden) },
  { weight: 3, arbitrary: fc.constantFrom('expire', 'cancel', 'ship', 'deliver', 'confirm') },
  { weight: 1, arbitrary: fc.constant('wait' as const) },
);

test(
  'PROMISE 38: every reference is applied or unmatched, and found exactly once',
  async () => {
    const steps = fc.array(fc.array(arbitraryStep, { minLength: 1, maxLength: 3 }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (groups) => {
        await clearStore(store);
        const id = await givenOrderId();
        const sent = new Set<string>();
        for (const group of groups) {
          const moves = group.flatMap((step): Move[] => {
            if (step !== 'wait') return [typeof step === 'string' ? { move: step } : step];
            clock.advance(TTL_MS);
            return [];
          });
          for (const { reference } of moves) if (reference) sent.add(reference);
          if (moves.length > 0) await move(id, moves);
        }
        const references = await findReferences(id);
        const { applied, history = [], seqs, seq } = references;
        expect(new Set([...history, ...(applied ? [applied] : [])])).toEqual(sent);
        expect(history).toHaveLength(new Set(history).size);
        expect(references).toMatchObject({ events: history, audit: history });
        expect(seqs.toSorted((first, second) => first - second)).toEqual(
          Array.from({ length: seq ?? 0 }, (_, index) => index + 1).slice(1),
        );
        expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true, drift: 0 });
      }),
      { numRuns: promiseRuns(1_000, 8) },
    );
  },
  promiseRuns(1_800_000, 60_000),
);
