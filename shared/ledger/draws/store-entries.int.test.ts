import { afterEach, expect, test, vi } from 'vitest';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../testing/builders.ts';
import { testNamespace } from '../../testing/harness.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { toDrawDraft, toEntryDraft } from '../testing/given-draws.ts';
import { withdrawCheckouts } from '../withdraw-checkout.ts';
import { createDraw } from './create-draw.ts';
import { countEntries } from './gates.ts';
import { storeEntries } from './store-entries.ts';

const OTHERS = 20;

const store = await openTestStore(testNamespace());
const ledger = givenLedger(store);

afterEach(() => {
  vi.restoreAllMocks();
});

async function givenDraw() {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const { draw, seed } = toDrawDraft(variant, 1, { lengthMs: 60_000 });
  await createDraw(ledger, { draw, seed });
  const toEntry = (buyer: number) => toEntryDraft(draw, variant, buyer);
  return { draw, variant, toEntry, others: Array.from({ length: OTHERS }, (_, n) => toEntry(n)) };
}

async function givenCheckout(variant: GivenVariant, idempotencyKey: string) {
  await givenCheckouts(store, [{ lines: [toPricedLine(variant)], idempotencyKey }]);
}

test('entries whose keys are taken do not delay the other entries of their group', async () => {
  const { draw, variant, toEntry, others } = await givenDraw();
  const withdrawn = toEntry(100);
  await storeEntries(store, [withdrawn]);
  await withdrawCheckouts(ledger, [withdrawn._id]);
  await givenCheckout(variant, `${draw._id}:101`);
  const sameKey = { ...toEntry(102), idempotencyKey: others[0]?.idempotencyKey ?? '' };
  const transactions = vi.spyOn(store.connection, 'startSession');
  const results = await storeEntries(store, [toEntry(100), toEntry(101), ...others, sameKey]);
  const expected = ['duplicate', 'duplicate', ...others.map(() => 'stored'), 'duplicate'];
  expect(results).toEqual(expected.map((value) => ({ value })));
  expect(transactions).toHaveBeenCalledTimes(1);
  expect(await countEntries(store, draw._id)).toBe(OTHERS);
  // The commit of its own checkout may have succeeded although the answer was lost.
  expect(await storeEntries(store, [withdrawn])).toEqual([{ value: 'stored' }]);
});

test('entries are stored together although others have just taken a buyer’s entry and a key', async () => {
  const { draw, variant, toEntry, others } = await givenDraw();
  const entered = { ...toEntry(0), idempotencyKey: 'by another process' };
  const insert = store.checkouts.insertMany.bind(store.checkouts);
  vi.spyOn(store.checkouts, 'insertMany').mockImplementationOnce(async (...args) => {
    await storeEntries(store, [entered]);
    await givenCheckout(variant, others[1]?.idempotencyKey ?? '');
    return insert(...args);
  });
  const results = await storeEntries(store, others);
  const expected = [
    { enteredBy: entered._id },
    'duplicate',
    ...others.slice(2).map(() => 'stored'),
  ];
  expect(results).toEqual(expected.map((value) => ({ value })));
  expect(await countEntries(store, draw._id)).toBe(OTHERS - 1);
});
