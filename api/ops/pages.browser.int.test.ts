import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { newId } from '../../shared/runtime/ids.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { toJob } from '../../shared/testing/settle-jobs.ts';
import { openTestApi, TEST_OPERATOR } from '../testing/start-test-api.ts';

const openBrowser = browserForFile();
const api = await openTestApi();

/** Collects a page's requests to other hosts and its errors. */
function watch(page: Page): { readonly elsewhere: string[]; readonly complaints: string[] } {
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(api.url) && !request.url().startsWith('data:')) {
      elsewhere.push(request.url());
    }
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { elsewhere, complaints };
}

test('the queue board shows the job of a checkout', async () => {
  const checkoutId = newId('chk');
  await api.context.queue.enqueue([toJob(checkoutId)]);
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  const seen = watch(page);
  await page.goto(`${api.url}/ops/queues/queue/checkouts?status=waiting`);
  await page.getByText(checkoutId).first().waitFor();
  // A read-only board has no buttons that change a job.
  expect(await page.getByRole('button', { name: /promote|retry|clean/i }).count()).toBe(0);
  expect(seen).toEqual({ elsewhere: [], complaints: [] });
}, 120_000);

test('the API reference needs no login', async () => {
  const page = await (await openBrowser()).newPage();
  const seen = watch(page);
  await page.goto(`${api.url}/docs`);
  await page.getByText('Place a checkout').first().waitFor();
  expect(seen).toEqual({ elsewhere: [], complaints: [] });
}, 120_000);
