import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { newId } from '../../shared/runtime/ids.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { collectFaults, measureOverflow } from '../../shared/testing/page-faults.ts';
import { toJob } from '../../shared/testing/settle-jobs.ts';
import { openTestApi, TEST_OPERATOR } from '../testing/start-test-api.ts';

const openBrowser = browserForFile();
const api = await openTestApi();

const PHONE = { width: 360, height: 740 };

/** Opens a page, and collects the faults that the browser reports. */
async function open(path: string, login?: typeof TEST_OPERATOR): Promise<[Page, string[]]> {
  const page = await (await openBrowser(login)).newPage();
  const faults = collectFaults(page, api.url);
  await page.goto(`${api.url}${path}`);
  return [page, faults];
}

test('the queue board shows the job of a checkout, also on a phone', async () => {
  const checkoutId = newId('chk');
  await api.context.queue.enqueue([toJob(checkoutId)]);
  const [page, faults] = await open('/ops/queues/queue/checkouts?status=waiting', TEST_OPERATOR);
  await page.getByText(checkoutId).first().waitFor();
  // A read-only board has no buttons that change a job.
  expect(await page.getByRole('button', { name: /promote|retry|clean/i }).count()).toBe(0);
  await page.setViewportSize(PHONE);
  await page.getByText(checkoutId).first().waitFor();
  expect(await measureOverflow(page)).toBe(0);
  expect(faults).toEqual([]);
}, 120_000);

test('the API reference needs no login, and fits on a phone', async () => {
  const [page, faults] = await open('/docs');
  await page.getByText('Place a checkout').first().waitFor();
  await page.setViewportSize(PHONE);
  expect(await measureOverflow(page)).toBe(0);
  expect(faults).toEqual([]);
}, 120_000);

test('a violation of the content security policy is a fault of the page', async () => {
  const [page, faults] = await open('/docs');
  await page.getByText('Place a checkout').first().waitFor();
  await page.evaluate(`
    const script = document.createElement('script');
    script.src = 'https://elsewhere.example/x.js';
    document.head.append(script);
  `);
  await expect
    .poll(() => faults)
    .toContainEqual(expect.stringContaining('Content Security Policy'));
});
