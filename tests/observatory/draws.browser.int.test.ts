import type { EventSourceMessage } from 'eventsource-parser';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Figures } from '../../api/ops/observatory/figures.ts';
import { asOperator } from '../../api/ops/testing/ops-calls.ts';
import { givenForSale } from '../../api/testing/requests.ts';
import { openTestApi, TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { collectFaults } from '../../shared/testing/page-faults.ts';
import { DrawRunner } from '../../worker/run-draws/draw-sweep.ts';
import { readEvents } from '../rig/event-stream.ts';

const UNITS = 2;
const ENTRIES = 5;
const LENGTH_MS = 60_000;
const PHONE = { width: 360, height: 740 };
const openBrowser = browserForFile();
const clock = manualClock();
const api = await openTestApi({ clock });
const { store, ledger } = api.context;
const runner = new DrawRunner(ledger);

interface GivenDraw {
  readonly id: string;
  readonly sku: string;
  /** Enters the draw as this buyer. */
  enter(buyer: number): Promise<void>;
}

async function givenDraw(opensInMs: number): Promise<GivenDraw> {
  const { productId, variantId } = await givenForSale(api.shopA, { onHand: UNITS });
  const [opensAt, closesAt] = [opensInMs, opensInMs + LENGTH_MS].map(
    (ms) => new Date(clock.now().getTime() + ms),
  );
  const request = { variantId, quantity: UNITS, opensAt, closesAt };
  const { body } = await api.shopA.post<{ id: string }>('/v1/draws', request);
  const product = await store.products.findOne({ _id: productId });
  return {
    id: body.id,
    sku: product?.variants[0]?.sku ?? '',
    enter: async (buyer) => {
      const entry = { buyerId: `b${buyer}`, drawId: body.id, lines: [{ variantId, quantity: 1 }] };
      const headers = { 'idempotency-key': `${body.id}-${buyer}` };
      expect((await api.shopA.post('/v1/checkouts', entry, headers)).status).toBe(202);
    },
  };
}

async function enterAll({ enter }: GivenDraw): Promise<void> {
  await Promise.all(Array.from({ length: ENTRIES }, (_, buyer) => enter(buyer)));
}

async function openObservatory(): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  const complaints = collectFaults(page, api.url);
  await page.goto(`${api.url}/ops`);
  await page.getByText('Live', { exact: true }).waitFor();
  return { page, complaints };
}

/** Reads the cells of a draw: status, entries, units, placed, held, and the next step. */
async function readRow(page: Page, { id }: GivenDraw): Promise<string[]> {
  const row = page.locator('#draws tbody tr', { hasText: id });
  return (await row.locator('td').allInnerTexts()).slice(2, -1);
}

test('an operator follows a draw from its opening to its end', async () => {
  const { page, complaints } = await openObservatory();
  const draw = await givenDraw(1_000);
  const shows = (...cells: unknown[]) =>
    expect
      .poll(() => readRow(page, draw), { timeout: 10_000 })
      .toEqual([...cells.slice(0, -1).map(String), expect.stringMatching(cells.at(-1) as RegExp)]);
  await shows('scheduled', 0, UNITS, 0, UNITS, /^opens at /);
  clock.advance(1_000);
  await runner.round();
  await enterAll(draw);
  await shows('open', ENTRIES, UNITS, 0, UNITS, /^closes at /);
  clock.advance(LENGTH_MS);
  await runner.round();
  await shows('closed', ENTRIES, UNITS, UNITS, 0, /^waits for 2 pending orders until /);
  const orders = await store.orders.find<{ readonly _id: string }>({ drawId: draw.id }).toArray();
  for (const { _id } of orders) await api.shopA.post(`/v1/orders/${_id}/confirm`);
  await shows('closed', ENTRIES, UNITS, UNITS, 0, /^gives its units back$/);
  await runner.round();
  await shows('settled', ENTRIES, UNITS, UNITS, 0, /^none$/);
  expect(await page.locator('#draws').textContent()).toContain(draw.sku);

  await page.setViewportSize(PHONE);
  const width = await page.evaluate('document.documentElement.scrollWidth');
  expect(width).toBeLessThanOrEqual(PHONE.width);
  await page.getByRole('link', { name: draw.id }).click();
  await page.getByText('Checked: the winners follow from the committed seed.').waitFor();
  expect(complaints).toEqual([]);
});

/** Watches the feed and returns the latest figures. */
function watch(): () => Figures | undefined {
  let latest: Figures | undefined;
  const leaving = new AbortController();
  const onEvent = ({ event, data }: EventSourceMessage) => {
    if (event === 'figures') latest = JSON.parse(data);
  };
  const reading = readEvents(`${api.url}/ops/feed`, asOperator, onEvent, leaving.signal).catch(
    () => undefined,
  );
  onTestFinished(async () => {
    leaving.abort();
    await reading;
  });
  return () => latest;
}

test('active draws are listed by closing time, before draws that have ended', async () => {
  const readFigures = watch();
  const [later, earlier] = [await givenDraw(2 * LENGTH_MS), await givenDraw(LENGTH_MS)];
  const cancelled = await givenDraw(0);
  await api.shopA.post(`/v1/draws/${cancelled.id}/cancel`);
  await runner.round();
  const ids = () => readFigures()?.draws?.map(({ id }) => id) ?? [];
  await expect.poll(() => ids().slice(0, 3)).toEqual([earlier.id, later.id, cancelled.id]);
  expect(readFigures()?.draws?.[2]).toMatchObject({ status: 'cancelled', next: { step: 'none' } });
});

test('placed entries are counted after a draw has placed more of them, and not at each frame', async () => {
  const draw = await givenDraw(0);
  await enterAll(draw);
  clock.advance(LENGTH_MS);
  await runner.round();
  const counts = vi.spyOn(store.drawEntries, 'countDocuments');
  onTestFinished(() => counts.mockRestore());
  const readFigures = watch();
  const find = () => readFigures()?.draws?.find(({ id }) => id === draw.id);
  await expect.poll(find).toMatchObject({ placed: UNITS });
  const before = counts.mock.calls.length;
  const { at } = readFigures() ?? {};
  const orderId = (await store.orders.findOne<{ readonly _id: string }>({ drawId: draw.id }))?._id;
  clock.advance(1);
  await api.shopA.post(`/v1/orders/${orderId}/confirm`);
  await expect.poll(() => readFigures()?.at).not.toBe(at);
  await expect.poll(find).toMatchObject({ next: { step: 'await_orders', orders: UNITS - 1 } });
  expect(counts.mock.calls.length).toBe(before);
});
