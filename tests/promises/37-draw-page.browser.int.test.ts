import { expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { DrawRunner } from '../../worker/run-draws/draw-sweep.ts';

const openBrowser = browserForFile();
const ENTRIES = 30;
const UNITS = 4;
const LENGTH_MS = 60_000;
const clock = manualClock();
const api = await openTestApi({ clock });
const { store, ledger } = api.context;

async function givenEnteredDraw(): Promise<string> {
  const { variantId } = await givenForSale(api.shopA, { onHand: UNITS });
  const [opensAt, closesAt] = [0, LENGTH_MS].map((ms) => new Date(clock.now().getTime() + ms));
  const request = { variantId, quantity: UNITS, opensAt, closesAt };
  const { body } = await api.shopA.post<{ id: string }>('/v1/draws', request);
  const entering = Array.from({ length: ENTRIES }, (_, buyer) => {
    const entry = { buyerId: `b${buyer}`, drawId: body.id, lines: [{ variantId, quantity: 1 }] };
    const headers = { 'idempotency-key': `${body.id}-${buyer}` };
    return api.shopA.post('/v1/checkouts', entry, headers);
  });
  for (const { status } of await Promise.all(entering)) expect(status).toBe(202);
  return body.id;
}

test('the page recomputes a draw in the browser, and reports a changed seed', async () => {
  const drawId = await givenEnteredDraw();
  const page = await (await openBrowser()).newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  const readVerdict = async () => {
    await page.goto(`${api.url}/draws/${drawId}`);
    const verdict = page.locator('#verdict');
    await expect.poll(() => verdict.textContent(), { timeout: 30_000 }).not.toMatch(/…$/);
    return verdict.textContent();
  };
  expect(await readVerdict()).toBe('This draw can be checked once it has closed.');
  clock.advance(LENGTH_MS);
  await new DrawRunner(ledger).round();
  expect(await readVerdict()).toBe('Checked: the winners follow from the committed seed.');
  expect(await page.locator('#winners li').count()).toBe(UNITS);
  expect(complaints).toEqual([]);
  await store.draws.updateOne({ _id: drawId }, { $set: { seed: 'ab'.repeat(32) } });
  expect(await readVerdict()).toContain('The seed does not match its hash.');
});
