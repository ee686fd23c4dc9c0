import { beforeEach, describe, expect, test } from 'vitest';
import { ON_HAND_MAX } from '../../contract/limits.ts';
import type { JudgedWindow, Verdict } from '../../domain/judging/verdict.ts';
import { newId, toOrderId } from '../../runtime/ids.ts';
import {
  type GivenVariant,
  givenCheckout,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { rawCollection } from '../../testing/raw-collection.ts';
import { clearStore, openTestStore } from '../../testing/test-store.ts';
import { adjustStock } from '../adjust-stock.ts';
import { moveOrders } from '../move-orders.ts';
import { type SettledCheckout, settleCheckouts } from '../settle-checkouts.ts';
import { takeVerdict } from './verdict.ts';

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);

const SOUND = {
  failed: 0,
  pending: 0,
  waiting: 0,
  oversold: 0,
  undersold: 0,
  lost: 0,
  duplicated: 0,
  drift: 0,
};

/** So small that each checkout and each variant has a separate range. */
const SMALLEST = { checkouts: 1, changes: 1, uses: 1 };

/**
 * Takes a verdict in the smallest ranges. After draining, it must equal the verdict in ranges of
 * default size.
 */
async function verdict(window: JudgedWindow = {}, drained = true): Promise<Verdict> {
  const whole = await takeVerdict(store, { ...window, drained });
  const byRanges = await takeVerdict(store, { ...window, drained }, SMALLEST);
  if (drained) expect(byRanges).toEqual({ ...whole, at: byRanges.at });
  return byRanges;
}

/** A sale of 3 shirts to 4 buyers, one of whom also buys 2 lamps of another shop. */
let shirt: GivenVariant;
let lamp: GivenVariant;
let settled: SettledCheckout[];

beforeEach(async () => {
  await clearStore(store);
  [shirt, lamp] = await givenVariants(store, [{ onHand: 3 }, { onHand: 5, shop: 'other' }]);
  const shirtOnly = { lines: [toPricedLine(shirt)] };
  const withLamps = { lines: [toPricedLine(shirt), toPricedLine(lamp, 2)] };
  const checkouts = await givenCheckouts(store, [shirtOnly, withLamps, shirtOnly, shirtOnly]);
  settled = await settleCheckouts(
    ledger,
    checkouts.map(({ _id }) => _id),
  );
});

function orderIdAt(index: number): string {
  return settled[index]?.orderIds[0] ?? '';
}

async function editOrder(index: number, edit: object): Promise<void> {
  await rawCollection(store, 'orders').updateOne({ _id: orderIdAt(index) }, edit);
}

describe('a record that only the ledger has written is sound', () => {
  test('after a sale that sells out', async () => {
    expect(settled.map(({ status }) => status)).toEqual(['placed', 'placed', 'placed', 'rejected']);
    const counts = { accepted: 4, placed: 3, rejected: 1, unitsPlaced: 5, inversions: 0 };
    expect(await verdict()).toEqual({
      ...SOUND,
      ...counts,
      window: { from: null, to: null },
      at: expect.any(String),
      ok: true,
    });
  });

  test('whatever happens to orders and stock later', async () => {
    const command = { actor: 'test' };
    const commands = [
      { ...command, orderId: orderIdAt(0), move: 'confirm' as const },
      { ...command, orderId: orderIdAt(0), move: 'ship' as const },
      { ...command, orderId: orderIdAt(1), move: 'cancel' as const },
      { ...command, orderId: orderIdAt(2), move: 'confirm' as const },
      { ...command, orderId: orderIdAt(2), move: 'cancel' as const },
    ];
    await moveOrders(ledger, commands);
    const adjustment = { reason: 'count', actor: 'test', onHandMax: ON_HAND_MAX };
    const { variantId, productId } = shirt;
    await adjustStock(ledger, [
      { ...adjustment, movementId: newId('mov'), variantId, productId, amount: { set: 9 } },
    ]);
    const more = await givenCheckout(store, { lines: [toPricedLine(shirt, 9)] });
    await settleCheckouts(ledger, [more._id]);
    expect(await verdict()).toMatchObject({ ...SOUND, placed: 4, ok: true });
  });

  test('at any moment while the system works', async () => {
    const [chair] = await givenVariants(store, [{ onHand: 30 }]);
    const specs = Array.from({ length: 40 }, () => ({ lines: [toPricedLine(chair)] }));
    const ids = (await givenCheckouts(store, specs)).map(({ _id }) => _id);
    let isSelling = true;
    const selling = (async () => {
      for (const id of ids) {
        const [{ orderIds } = { orderIds: [] }] = await settleCheckouts(ledger, [id]);
        const commands = orderIds.map((orderId) => {
          return { orderId, move: 'confirm', actor: 'test' } as const;
        });
        await moveOrders(ledger, commands);
      }
    })().finally(() => {
      isSelling = false;
    });
    while (isSelling) expect(await verdict({}, false)).toMatchObject({ drift: 0, ok: true });
    await selling;
    expect(await verdict()).toMatchObject({ ...SOUND, placed: 33, rejected: 11, ok: true });
  });

  test('with an early rejection by stock that was read 250 ms before', async () => {
    const $set = { 'rejection.ageMs': 250 };
    await rawCollection(store, 'checkouts').updateOne({ status: 'rejected' }, { $set });
    expect(await verdict()).toMatchObject({ ...SOUND, rejected: 1, ok: true });
  });

  test('in an empty database', async () => {
    await clearStore(store);
    expect(await verdict()).toMatchObject({ ...SOUND, accepted: 0, ok: true });
  });
});

describe('each kind of damage changes exactly the figures that count it', () => {
  async function expectOnly(figures: Partial<Verdict>): Promise<void> {
    expect(await verdict()).toMatchObject({ ...SOUND, ...figures, ok: false });
  }

  test.each(['onHand', 'sold', 'version'])('%s is edited in a stock level', async (counter) => {
    const filter = { _id: shirt.variantId };
    await rawCollection(store, 'stock').updateOne(filter, { $inc: { [counter]: 1 } });
    await expectOnly({ drift: 1 });
  });

  test('two stock levels are edited', async () => {
    await rawCollection(store, 'stock').updateMany({}, { $inc: { onHand: 1 } });
    await expectOnly({ drift: 2 });
  });

  test('an order is deleted', async () => {
    await rawCollection(store, 'orders').deleteOne({ _id: orderIdAt(2) });
    await expectOnly({ lost: 1, drift: 1, unitsPlaced: 4 });
  });

  test('an order is duplicated under another id when all units are sold', async () => {
    const order = await rawCollection(store, 'orders').findOne({ _id: orderIdAt(2) });
    await rawCollection(store, 'orders').insertOne({ ...order, _id: newId('ord') });
    await expectOnly({ duplicated: 1, drift: 1, oversold: 1, unitsPlaced: 6 });
  });

  test('an order is duplicated under another id while there is stock', async () => {
    const _id = toOrderId(settled[1]?.checkoutId ?? '', lamp.shopId);
    const order = await rawCollection(store, 'orders').findOne({ _id: _id });
    await rawCollection(store, 'orders').insertOne({ ...order, _id: newId('ord') });
    await expectOnly({ duplicated: 1, drift: 1, unitsPlaced: 7 });
  });

  test('a refusal is edited to have a version at which the units were available', async () => {
    const filter = { status: 'rejected' };
    await rawCollection(store, 'checkouts').updateOne(filter, { $set: { 'rejection.version': 3 } });
    await expectOnly({ undersold: 1 });
  });

  test.each([
    ['a version that never existed', { 'rejection.version': 99 }],
    ['a variant that the checkout does not want', { 'rejection.variantId': 'var_other' }],
    ['no unit at all', { 'rejection.requested': 0 }],
  ])('a refusal is edited to contain %s', async (_, $set) => {
    await rawCollection(store, 'checkouts').updateOne({ status: 'rejected' }, { $set });
    await expectOnly({ undersold: 1 });
  });

  test.each([250.5, 4_000, -1, Number.NaN, '9'])(
    'the age of an early rejection is %s, which is too much or no age at all',
    async (age) => {
      const $set = { 'rejection.ageMs': age };
      await rawCollection(store, 'checkouts').updateOne({ status: 'rejected' }, { $set });
      await expectOnly({ undersold: 1 });
    },
  );

  test('a checkout is left queued', async () => {
    await givenCheckout(store, { lines: [toPricedLine(lamp)] });
    await expectOnly({ accepted: 5, lost: 1 });
    expect(await verdict({}, false)).toMatchObject({ pending: 1, lost: 0, ok: true });
  });

  test('a refused checkout has an order', async () => {
    const _id = settled[0]?.checkoutId;
    const $set = { status: 'rejected', rejection: { code: 'price_changed' } };
    await rawCollection(store, 'checkouts').updateOne({ _id }, { $set });
    await expectOnly({ duplicated: 1, placed: 2 });
  });

  test('a checkout with orders is deleted', async () => {
    await rawCollection(store, 'checkouts').deleteOne({ _id: settled[1]?.checkoutId });
    await expectOnly({ duplicated: 1, accepted: 3 });
  });

  test('a movement is deleted', async () => {
    await moveOrders(ledger, [{ orderId: orderIdAt(0), move: 'confirm', actor: 'test' }]);
    await rawCollection(store, 'movements').deleteOne({ kind: 'confirm' });
    await expectOnly({ drift: 1 });
  });

  test('a stock level is deleted', async () => {
    await rawCollection(store, 'stock').deleteOne({ _id: shirt.variantId });
    await expectOnly({ drift: 1 });
  });
});

test.each([
  ['cancelled although its units are still held', { $set: { status: 'cancelled' } }],
  ['of more units', { $set: { 'lines.0.quantity': 2 } }],
  ['without its version', { $unset: { 'lines.0.version': '' } }],
])(
  'an order that is edited to be %s counts as drift, not as lost or duplicated',
  async (_, edit) => {
    await editOrder(0, edit);
    expect(await verdict()).toMatchObject({ drift: 1, lost: 0, duplicated: 0, ok: false });
  },
);

test('a refusal that a later checkout overtook is an inversion', async () => {
  const filter = { _id: settled[0]?.checkoutId };
  const later = new Date(Date.now() + 60_000);
  await rawCollection(store, 'checkouts').updateOne(filter, { $set: { receivedAt: later } });
  expect(await verdict()).toMatchObject({ ...SOUND, inversions: 1, ok: true });
});

test('the checkouts received in a window are judged by the complete history', async () => {
  const soon = new Date(Date.now() + 60_000);
  const [early, late] = [new Date(soon.getTime() + 1_000), new Date(soon.getTime() + 9_000)];
  const spec = { lines: [toPricedLine(lamp, 2)] };
  const checkouts = await givenCheckouts(store, [
    { ...spec, receivedAt: early },
    { ...spec, receivedAt: early },
    { ...spec, receivedAt: late },
  ]);
  await settleCheckouts(
    ledger,
    checkouts.map(({ _id }) => _id),
  );
  const window = { from: soon, to: new Date(soon.getTime() + 2_000) };
  const counts = { accepted: 2, placed: 1, rejected: 1, unitsPlaced: 2 };
  expect(await verdict(window)).toMatchObject({
    ...SOUND,
    ...counts,
    window: { from: window.from.toISOString(), to: window.to.toISOString() },
    ok: true,
  });
  expect(await verdict({ from: window.to })).toMatchObject({ accepted: 1, rejected: 1 });
  expect(await verdict({ to: soon })).toMatchObject({ accepted: 4, unitsPlaced: 5 });
});
