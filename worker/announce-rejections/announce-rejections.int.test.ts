import { beforeEach, expect, test, vi } from 'vitest';
import {
  type GivenVariant,
  givenCheckouts,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { loseCommits } from '../../shared/testing/lose-commits.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { fanOut } from '../deliver-webhooks/fan-out.ts';
import { givenEndpoint } from '../deliver-webhooks/testing/given-events.ts';
import { announceRejections } from './announce-rejections.ts';

const NOW = new Date('2026-05-05T05:05:05Z');
const clock = { now: () => NOW };
const store = await openTestStore(testNamespace());
const context = { store, clock };
let shirt: GivenVariant;
let lamp: GivenVariant;

beforeEach(async () => {
  vi.restoreAllMocks();
  await clearStore(store);
  [shirt, lamp] = await givenVariants(store, [{}, { shop: 'other' }]);
});

/** Stores early rejections as the API does, a millisecond apart, oldest last. */
function givenRejected(count: number, variants: readonly GivenVariant[] = [shirt]) {
  const lines = variants.map((variant) => toPricedLine(variant, 2));
  return givenCheckouts(
    store,
    Array.from({ length: count }, (_, index) => ({
      ...{ lines, storefrontId: shirt.shopId, status: 'rejected' as const },
      ...{ settledAt: new Date(NOW.getTime() - index), isEventPending: true as const },
      rejection: {
        ...{ code: 'out_of_stock' as const, variantId: shirt.variantId, requested: 2 },
        ...{ available: 1, version: 1, ageMs: 9 },
      },
    })),
  );
}

const events = async () => {
  const entries = await store.outbox.find().sort({ _id: 1 }).toArray();
  return entries.flatMap((entry) => entry.events);
};
const pending = () => store.checkouts.countDocuments({ isEventPending: true });

test('every early rejection gets the event of a rejection, once, oldest first', async () => {
  const rejected = await givenRejected(3, [shirt, lamp]);
  expect(await announceRejections(context)).toBe(3);
  expect(await announceRejections(context)).toBe(0);
  expect(await pending()).toBe(0);
  expect(await events()).toEqual(
    rejected.toReversed().map(({ _id: subjectId, settledAt: at }) => ({
      ...{ id: expect.stringMatching(/^evt_/), type: 'checkout.rejected', at, subjectId, seq: 1 },
      ...{ shopIds: [shirt.shopId, lamp.shopId], storefrontId: shirt.shopId },
      data: { code: 'out_of_stock', variantId: shirt.variantId },
    })),
  );
  const [checkout] = rejected;
  const stored = await store.checkouts.findOne({ _id: checkout?._id ?? '' });
  const { isEventPending: _, ...rest } = checkout ?? {};
  expect(stored).toEqual(rest);
});

test('its webhooks are sent like those of a rejection by a worker', async () => {
  await givenEndpoint(store, { shopId: shirt.shopId, events: ['checkout.rejected'] });
  const [checkout] = await givenRejected(1);
  await announceRejections(context);
  expect(await fanOut(context)).toBe(1);
  const [delivery] = await store.webhookDeliveries.find().toArray();
  const payload = JSON.parse(delivery?.payload ?? '');
  expect(payload).toMatchObject({
    type: 'checkout.rejected',
    timestamp: NOW.toISOString(),
    data: {
      ...{ subjectId: checkout?._id, seq: 1, code: 'out_of_stock' },
      checkout: { status: 'rejected', rejection: { requested: 2, available: 1 } },
    },
  });
  expect(delivery?.payload).not.toContain('ageMs');
});

test('many are written in pages, and no request waits for them to be relayed', async () => {
  await givenRejected(1_001);
  expect(await announceRejections(context)).toBe(1_001);
  const entries = await store.outbox.find().toArray();
  expect(entries.map((entry) => entry.events.length).sort()).toEqual([1, 500, 500]);
  expect(entries.every((entry) => entry.isRelayed && !entry.isFannedOut)).toBe(true);
});

test('no event is written twice by workers at the same time or after a lost answer', async () => {
  await givenRejected(600);
  const lost = loseCommits(store, 6);
  const counts = await Promise.all([announceRejections(context), announceRejections(context)]);
  expect(lost.left()).toBe(0);
  for (let rounds = 0; (await pending()) > 0 && rounds < 10; rounds += 1) {
    counts.push(await announceRejections(context));
  }
  const subjects = (await events()).map(({ subjectId }) => subjectId);
  expect([subjects.length, new Set(subjects).size]).toEqual([600, 600]);
});
