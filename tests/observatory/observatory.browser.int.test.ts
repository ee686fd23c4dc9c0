import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { READ_TIMEOUT_MS } from '../../api/ops/observatory/read-record.ts';
import { asOperator, callOps } from '../../api/ops/testing/ops-calls.ts';
import { givenForSale } from '../../api/testing/requests.ts';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { readJudgement } from '../../shared/ledger/judging/following/judgement.ts';
import { WHOLE_REST_FACTOR } from '../../shared/ledger/judging/following/record-judge.ts';
import { findViolations } from '../../shared/testing/axe.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { givenCheckout, givenVariants, toPricedLine } from '../../shared/testing/builders.ts';
import { type CpuWaits, measureCpuWaits } from '../../shared/testing/cpu-waits.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { collectFaults, measureOverflow } from '../../shared/testing/page-faults.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { readEvents } from '../rig/event-stream.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';
import { recordLights } from './seen-lights.ts';

const openBrowser = browserForFile();
const namespace = testNamespace();
const PHONE = { width: 360, height: 740 };
const RED_WITHIN_MS = 2_000;
/** The maximum time from when a process has read the figures until the page shows them. */
const SHOWN_WITHIN_MS = 500;
const SHOWN_MS = 60_000;
const ARRIVE_EVERY_MS = 100;
/** The page shows at least so many frames of figures during the sale and until it is judged. */
const SAMPLES_MIN = 6;
let system: InProcessSystem;

beforeAll(async () => {
  system = await startInProcessSystem(namespace, { isOpsWritable: true });
});
afterAll(() => system?.close());

/** Opens the observatory and collects the faults that the browser reports. */
async function openObservatory(): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  const complaints = collectFaults(page, system.url);
  await page.goto(`${system.url}/ops`);
  await page.getByText('Live', { exact: true }).waitFor();
  return { page, complaints };
}

const light = (page: Page) => page.locator('#verdict').getAttribute('data-status');
const stockRows = (page: Page) => page.locator('#stock tbody tr').allInnerTexts();

async function addToOnHand(variantId: string, units: number): Promise<void> {
  const stock = rawCollection(system.context.store, 'stock');
  await stock.updateOne({ _id: variantId }, { $inc: { onHand: units } });
}

/**
 * The times from the commit of a fault until a process first read it and until the light was red.
 */
interface RedLightTimes {
  readonly toReadMs: number;
  readonly toRedMs: number;
  /** How long the machine let the processes wait for a CPU meanwhile. */
  readonly waits: CpuWaits;
}

/** Corrupts a counter and measures the time from the commit until the light of the page is red. */
async function measureRed(page: Page, variantId: string): Promise<RedLightTimes> {
  const readLights = await recordLights(page);
  let readAt = Number.POSITIVE_INFINITY;
  const leaving = new AbortController();
  const feed = readEvents(
    `${system.url}/ops/feed`,
    asOperator,
    ({ event, data }) => {
      if (event !== 'figures') return;
      const { at, verdict }: { at: string; verdict: { status: string } | null } = JSON.parse(data);
      if (verdict?.status === 'broken') readAt = Math.min(readAt, Date.parse(at));
    },
    leaving.signal,
  ).catch(() => undefined);
  const readWaits = await measureCpuWaits();
  await addToOnHand(variantId, 1);
  const committedAt = Date.now();
  await expect.poll(() => light(page), { timeout: SHOWN_MS }).toBe('broken');
  const waits = await readWaits();
  await expect.poll(() => readAt, { timeout: SHOWN_MS }).toBeLessThan(Number.POSITIVE_INFINITY);
  leaving.abort();
  await feed;
  const red = (await readLights()).find(({ status }) => status === 'broken');
  if (red === undefined) throw new Error('the page recorded no red light');
  return { toReadMs: readAt - committedAt, toRedMs: red.at - committedAt, waits };
}

/** Clicks “Reconcile” and confirms the dialog. */
async function reconcileOnPage(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Reconcile', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Reconcile the record?' });
  await dialog.getByRole('button', { name: 'Reconcile', exact: true }).click();
}

/** Sends buyers one after the other for some seconds, so that the page shows a sale in progress. */
async function sell(variantId: string, count: number): Promise<void> {
  const buying = Array.from({ length: count }, async (_, index) => {
    await setTimeout(index * ARRIVE_EVERY_MS);
    const body = { buyerId: `buyer-${index}`, lines: [{ variantId, quantity: 1 }] };
    const headers = { 'idempotency-key': `${variantId}-${index}`, prefer: 'wait=20' };
    return system.shopA.send('POST', '/v1/checkouts', body, headers);
  });
  await Promise.all(buying);
}

test('a sale sells out under a green light, a corrupted counter turns the light red, and a repair turns it green', async () => {
  const { page, complaints } = await openObservatory();
  await expect.poll(() => light(page)).toBe('ok');
  const readWaits = await measureCpuWaits();
  const readLights = await recordLights(page);
  const { variantId } = await givenForSale(system.shopA, { onHand: 12 });
  await sell(variantId, 30);
  const soldAt = new Date();
  const isJudged = async () => {
    const { checkedUntil } = await readJudgement(system.context.store, soldAt);
    return checkedUntil !== null && checkedUntil >= soldAt;
  };
  await expect.poll(() => stockRows(page)).toEqual([expect.stringMatching(/\t0\t12\t0\t12$/)]);
  const chart = page.locator(`#chart-${variantId} [role=img]`);
  await expect
    .poll(() => chart.getAttribute('aria-label'))
    .toMatch(/Available 0, Reserved 12, Sold 0, On hand 12$/);
  await expect.poll(() => page.locator('#outcomes').textContent()).toBe('out_of_stock18placed12');
  expect(await page.locator('#refusals tbody tr').count()).toBe(10);
  const contended = () => page.locator('#contended tbody tr').allInnerTexts();
  await expect
    .poll(contended)
    .toEqual([expect.stringMatching(/^.+\t\d+\t[\d.]+ m?s\t[\d.]+ m?s$/)]);
  expect(await page.locator('#lock-mean').textContent()).toMatch(/ m?s$/);
  expect(await page.locator('#draws-empty').isVisible()).toBe(true);
  await expect.poll(isJudged).toBe(true);
  const samples = async () => (await readLights()).length;
  await expect.poll(samples).toBeGreaterThanOrEqual(SAMPLES_MIN);

  const lights = await readLights();
  const { allMs: waitedMs } = await readWaits();
  // Figures whose reads take too long are sent without a verdict. That is no fault of the product
  // if the machine gave the processes no CPU meanwhile.
  const expected = waitedMs > READ_TIMEOUT_MS ? ['ok', 'unknown'] : ['ok'];
  expect(
    lights.filter(({ status }) => !expected.includes(status)),
    `the processes waited ${Math.round(waitedMs)} ms for a CPU during the sale`,
  ).toEqual([]);

  // The other tests of this file expect a record without differences.
  onTestFinished(async () => {
    await callOps(system.url, { method: 'POST', path: '/ops/reconcile' });
  });
  const { toReadMs, toRedMs, waits } = await measureRed(page, variantId);
  const measured =
    `the light was red ${Math.round(toRedMs)} ms after the commit, and the figures with the fault were ` +
    `read after ${Math.round(toReadMs)} ms; all processes waited ${Math.round(waits.allMs)} ms for a ` +
    `CPU, and those that judge ${Math.round(waits.withoutChildrenMs)} ms`;
  // The judge rests after a reading in proportion to its duration, and a wait makes a reading
  // longer.
  const restsMs = WHOLE_REST_FACTOR * waits.withoutChildrenMs;
  expect(toRedMs, measured).toBeLessThanOrEqual(RED_WITHIN_MS + waits.allMs + restsMs);
  expect(toRedMs - toReadMs, measured).toBeLessThanOrEqual(SHOWN_WITHIN_MS + waits.allMs);
  await expect
    .poll(() => page.locator('#faults').textContent())
    .toContain(`${variantId}: counter: onHand`);
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  await page.setViewportSize(PHONE);
  expect(await measureOverflow(page)).toBe(0);
  await page.setViewportSize({ width, height });

  await reconcileOnPage(page);
  await page.getByText('1 difference found, 1 repaired, 0 left.').waitFor();
  await expect.poll(() => light(page)).toBe('ok');
  expect(complaints).toEqual([]);
});

test('the keyboard alone reaches and confirms an action', async () => {
  const { page, complaints } = await openObservatory();
  const { bull } = system.context.queue;
  const focused = () => page.evaluate('document.activeElement.textContent');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Skip to the figures');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Compare counters with orders');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Reconcile');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Judge the whole record');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Pause settling');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Pause settling?' });
  await dialog.waitFor();
  expect(await focused()).toBe('Cancel');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(await bull.isPaused()).toBe(false);

  // The next dialog may open before the browser has reported that the last dialog is closed.
  await page.evaluate(
    "document.activeElement.click(), document.getElementById('confirm').close(), document.activeElement.click()",
  );
  await dialog.waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Settling is paused.').waitFor();
  expect(await bull.isPaused()).toBe(true);
  await page.locator('#partitions').getByText('paused').first().waitFor();
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Resume settling');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Resume settling?' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Settling continues.').waitFor();
  expect(await bull.isPaused()).toBe(false);
  expect(complaints).toEqual([]);
});

test('the whole record is judged only after a confirmation', async () => {
  const { page, complaints } = await openObservatory();
  const requestVerdict = vi.spyOn(system.context.ops.verdicts, 'request');
  onTestFinished(() => requestVerdict.mockRestore());
  await page.getByRole('link', { name: 'Latest verdict' }).click();
  await page.getByText('"checkedUntil"').waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Judge the whole record' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Judge the whole record?' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(requestVerdict).not.toHaveBeenCalled();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page
    .getByText(/^The verdict on the whole record at .+ is ok\. [\d,]+ checkouts: /)
    .waitFor();
  expect(requestVerdict).toHaveBeenCalledTimes(1);
  expect(complaints).toEqual([]);
});

test('parked checkouts are found and replayed, and the record is compared', async () => {
  const { page, complaints } = await openObservatory();
  const { store } = system.context;
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const parked = { lines: [toPricedLine(variant)], status: 'failed', failure: 'a bug' } as const;
  const { _id } = await givenCheckout(store, { ...parked, receivedAt: new Date() });
  await page.getByLabel('Reason contains').fill('another bug');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText(/^0 parked checkouts received since/).waitFor();
  expect(await page.getByRole('button', { name: 'Replay these' }).isDisabled()).toBe(true);
  await page.getByLabel('Reason contains').fill('a bug');
  await page.keyboard.press('Enter');
  await page.getByText(/^1 parked checkout received since/).waitFor();
  const link = page.locator('#parked tbody').getByRole('link', { name: _id });
  expect(await link.getAttribute('href')).toBe(`/ops/search?checkout=${_id}`);
  // A checkout that was parked after the search is not replayed.
  const { _id: later } = await givenCheckout(store, {
    ...parked,
    receivedAt: new Date(Date.now() - 60_000),
  });
  await page.getByRole('button', { name: 'Replay these' }).click();
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await page.getByText('1 replayed.').waitFor();
  await expect
    .poll(async () => (await store.checkouts.findOne({ _id }))?.status, { timeout: 60_000 })
    .toBe('placed');
  expect(await store.checkouts.findOne({ _id: later })).toMatchObject({ status: 'failed' });

  await page.getByRole('button', { name: 'Compare counters with orders' }).click();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.getByText('0 differences found.').waitFor();
  expect(complaints).toEqual([]);
});

test('a slow search for parked checkouts does not overwrite the next search', async () => {
  const { page, complaints } = await openObservatory();
  const { store } = system.context;
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const parked = { lines: [toPricedLine(variant)], status: 'failed', failure: 'slowly' } as const;
  const { _id } = await givenCheckout(store, { ...parked, receivedAt: new Date() });
  const slow = Promise.withResolvers<void>();
  await page.route(/\/ops\/parked\?.*reason=slowly/, async (route) => {
    await slow.promise;
    await route.continue();
  });
  await page.getByLabel('Reason contains').fill('slowly');
  await page.keyboard.press('Enter');
  await page.getByLabel('Reason contains').fill('no such reason');
  await page.keyboard.press('Enter');
  await page.getByText(/^0 parked checkouts received since/).waitFor();
  const answered = page.waitForResponse(/reason=slowly/);
  slow.resolve();
  expect((await (await answered).json()).items).toMatchObject([{ id: _id }]);
  await page.evaluate('new Promise(requestAnimationFrame)');
  expect(await page.getByText(/^0 parked checkouts received since/).isVisible()).toBe(true);
  expect(await page.getByRole('button', { name: 'Replay these' }).isDisabled()).toBe(true);
  expect(complaints).toEqual([]);
});

test('waiting checkouts are shown apart from queued checkouts', async () => {
  const { page, complaints } = await openObservatory();
  const { variantId } = await givenForSale(system.shopA, { onHand: 1 });
  await sell(variantId, 1);
  const body = {
    ...{ buyerId: 'late', lines: [{ variantId, quantity: 1 }] },
    whenSoldOut: { waitUntil: new Date(Date.now() + 600_000).toISOString() },
  };
  await system.shopA.post('/v1/checkouts', body, { 'idempotency-key': `${variantId}-late` });
  const shown = (id: string) => page.locator(`#${id}`).textContent();
  await expect.poll(() => shown('waiting')).toBe('1');
  expect(await shown('begun-waits')).toBe('1');
  expect(await shown('longest-wait')).toMatch(/ m?s$/);
  await expect.poll(() => shown('queued')).toBe('0');
  const chart = page.getByRole('img', { name: 'Checkouts that wait for units: Waiting 1' });
  await chart.waitFor();
  const delivery = { delta: 1, reason: 'delivery' };
  await system.shopA.post(`/v1/inventory/${variantId}/adjustments`, delivery);
  await expect.poll(() => shown('served-waits')).toBe('1');
  await expect
    .poll(() => shown('freed-to-placed'), { timeout: 10_000 })
    .toMatch(/^[\d.]+ m?s, [\d.]+ m?s ago$/);
  expect(complaints).toEqual([]);
});

test('a banner names who paused settling, until settling is resumed', async () => {
  const { page, complaints } = await openObservatory();
  const settling = (change: 'pause' | 'resume') =>
    callOps(system.url, { method: 'POST', path: `/ops/settling/${change}` });
  onTestFinished(async () => void (await settling('resume')));
  const banner = page.locator('#pause');
  expect(await banner.isVisible()).toBe(false);
  await settling('pause');
  await banner.filter({ hasText: /^Settling is paused/ }).waitFor();
  const text = new RegExp(`^Settling is paused since .+ by ${TEST_OPERATOR.username}\\. `);
  await banner.filter({ hasText: text }).waitFor();
  await page.setViewportSize(PHONE);
  await page.getByRole('heading', { name: 'Last refusals' }).scrollIntoViewIfNeeded();
  expect((await banner.boundingBox())?.y).toBeGreaterThanOrEqual(0);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await findViolations(page, '.banner')).toEqual([]);
  }
  await settling('resume');
  await banner.waitFor({ state: 'hidden' });
  expect(complaints).toEqual([]);
});

test('the banner names a paused partition', async () => {
  const { page } = await openObservatory();
  const { bulls } = system.context.queue;
  const paused = bulls.at(-1);
  onTestFinished(async () => void (await paused?.resume()));
  await paused?.pause();
  const where = bulls.length === 1 ? '' : ` in partition ${bulls.length - 1}`;
  await page.getByText(`Settling is paused${where}. Checkouts are accepted and wait.`).waitFor();
});

test('notes and actions become marks, in the list and on the charts', async () => {
  const { page, complaints } = await openObservatory();
  const note = '<b>Doors open</b>';
  await page.getByLabel('Note').fill(note);
  await page.keyboard.press('Enter');
  await page.getByText('The mark was added.').waitFor();
  expect(await page.getByLabel('Note').inputValue()).toBe('');
  for (const change of ['pause', 'resume']) {
    await callOps(system.url, { method: 'POST', path: `/ops/settling/${change}` });
  }
  const latest = async () => (await page.locator('#marks li').allInnerTexts()).slice(0, 3);
  const by = `by ${TEST_OPERATOR.username}`;
  await expect
    .poll(latest)
    .toEqual([
      expect.stringContaining(`Settling resumed ${by}`),
      expect.stringContaining(`Settling paused ${by}`),
      expect.stringContaining(`${note} ${by}`),
    ]);
  expect(await page.locator('#marks-empty').isVisible()).toBe(false);
  for (const chart of ['rates-chart', 'latency-chart', 'queued-chart']) {
    const mark = page.locator(`#${chart} .mark`, { hasText: note });
    await mark.waitFor();
    const plot = await page.locator(`#${chart} .u-over`).boundingBox();
    const line = await mark.boundingBox();
    if (plot === null || line === null) throw new Error(`${chart} shows no line`);
    expect(line.x).toBeGreaterThanOrEqual(plot.x);
    expect(line.x).toBeLessThanOrEqual(plot.x + plot.width);
    expect(line.height).toBeCloseTo(plot.height, 0);
  }
  expect(complaints).toEqual([]);
});

test.each(['light', 'dark'] as const)(
  'the observatory fits a phone in %s colours',
  async (colorScheme) => {
    const { page, complaints } = await openObservatory();
    await page.setViewportSize(PHONE);
    await page.emulateMedia({ colorScheme });
    await page.locator('#workers tbody tr').first().waitFor();
    expect(await measureOverflow(page)).toBe(0);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(16, 18, 21)' : 'rgb(246, 247, 249)');
    expect(complaints).toEqual([]);
  },
);
