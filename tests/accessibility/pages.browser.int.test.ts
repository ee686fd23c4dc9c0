import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { asOperator, callOps } from '../../api/ops/testing/ops-calls.ts';
import { givenForSale } from '../../api/testing/requests.ts';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { createStorefront } from '../../examples/storefront/app.ts';
import { settleJobId } from '../../shared/contract/jobs.ts';
import { newId } from '../../shared/runtime/ids.ts';
import { findViolations } from '../../shared/testing/axe.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { collectFaults, measureOverflow } from '../../shared/testing/page-faults.ts';
import { toJob } from '../../shared/testing/settle-jobs.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';

const HOUR_MS = 3_600_000;
const TO_CART = 'button:enabled:text("Add to cart")';
/** More jobs than the board shows on a page. */
const OTHER_JOBS = 12;
const STEP_MS_MAX = 60_000;
/** axe needs seconds for each of the pages, and more on a busy machine. */
const TIMEOUT_MS = 600_000;
const DESKTOP = { viewport: { width: 1_280, height: 900 }, colorScheme: 'light' } as const;
const PHONE = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' } as const;

const openBrowser = browserForFile();
let system: InProcessSystem;
let server: ReturnType<typeof serve>;
let shopUrl: string;
/** The ids of a checkout that was refused and of a checkout that was placed. */
let refused: string;
let placed: string;
let drawId: string;

beforeAll(async () => {
  system = await startInProcessSystem(testNamespace(), {
    isOpsWritable: true,
    demoSale: { units: 1, buyers: 1, arriveMs: 1 },
  });
  const { shopA } = system;
  const { variantId } = await givenForSale(shopA, { onHand: 9 });
  const buy = async (buyerId: string, quantity: number) => {
    const body = { buyerId, lines: [{ variantId, quantity }] };
    const headers = { 'idempotency-key': buyerId, prefer: 'wait=20' };
    return (await shopA.send<{ id: string }>('POST', '/v1/checkouts', body, headers)).body.id;
  };
  placed = await buy('first', 2);
  refused = await buy('second', 8);
  await givenJobs();
  drawId = await givenDraw();
  const annotating = { method: 'POST', path: '/ops/annotations' };
  await callOps(system.url, annotating, asOperator, { text: 'doors open' });
  const connection = { baseUrl: system.url, apiKey: shopA.apiKey };
  server = serve({ fetch: createStorefront({ connection, secret: 'a secret' }).fetch, port: 0 });
  await once(server, 'listening');
  shopUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server?.close();
  await system?.close();
});

/** Adds jobs whose checkouts do not exist, and one job that fails because its data is invalid. */
async function givenJobs(): Promise<void> {
  const others = Array.from({ length: OTHER_JOBS }, () => toJob(newId('chk')));
  const wrong = { checkoutId: newId('chk'), productId: 'prd', lines: 0 };
  const failing = { ...toJob(wrong.checkoutId), data: { checkouts: [wrong] } };
  await system.context.queue.enqueue([...others, failing]);
}

async function givenDraw(): Promise<string> {
  const { variantId } = await givenForSale(system.shopA, { onHand: 1 });
  const [opensAt, closesAt] = [0, HOUR_MS].map((ms) => new Date(Date.now() + ms));
  const request = { variantId, quantity: 1, opensAt, closesAt };
  return (await system.shopA.post<{ id: string }>('/v1/draws', request)).body.id;
}

/**
 * Opens the state to check and waits for it. Each step begins in the state of the previous step.
 */
type Step = (page: Page) => Promise<unknown>;

const STEPS: Readonly<Record<string, Step>> = {
  'the observatory': async (page) => {
    await page.goto(`${system.url}/ops`);
    for (const table of ['draws', 'stock', 'contended', 'refusals']) {
      await page.locator(`#${table} tbody tr`).first().waitFor();
    }
    await page.locator('#marks li', { hasText: 'doors open' }).waitFor();
  },
  'a confirmation dialog of the observatory': async (page) => {
    await page.getByRole('button', { name: 'Pause settling' }).click();
    await page.getByRole('dialog').waitFor();
  },
  'the search': async (page) => {
    await page.goto(`${system.url}/ops/search`);
    await page.locator('button:enabled', { hasText: 'Find' }).waitFor();
  },
  'the history of a refused checkout': (page) => openHistory(page, refused),
  'the history of a placed checkout': (page) => openHistory(page, placed),
  'the queue board': async (page) => {
    await page.goto(`${system.url}/ops/queues`);
    await page.getByRole('button', { name: 'No workers' }).waitFor();
  },
  'the completed jobs of a queue': async (page) => {
    await openBoard(page, 'checkouts?status=completed');
    await page.getByLabel('Page 2').first().waitFor();
  },
  'the failed jobs of a queue': (page) => openBoard(page, 'checkouts?status=failed'),
  'a confirmation dialog of the queue board': async (page) => {
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await page.getByRole('button', { name: 'Confirm' }).waitFor();
  },
  'a job': (page) => openBoard(page, `checkouts/${settleJobId(placed, 0)}?status=completed`),
  'a copy of a job': async (page) => {
    await page.getByRole('button', { name: 'Duplicate' }).click();
    await page.getByRole('textbox', { name: 'Job data' }).waitFor();
  },
  'a draw': async (page) => {
    await page.goto(`${system.url}/draws/${drawId}`);
    await page.getByText('This draw can be checked once it has closed.').waitFor();
  },
  'the list of errors': (page) => page.goto(`${system.url}/docs/errors`),
  'the page of an error': (page) => page.goto(`${system.url}/docs/errors/not_found`),
  'the reference': async (page) => {
    await page.goto(`${system.url}/docs`);
    await page.getByText('Place a checkout').first().waitFor();
  },
  'the logins of the reference': async (page) => {
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.getByRole('button', { name: 'Close' }).first().waitFor();
  },
  'a login with a key': async (page) => {
    const form = page.locator('.auth-container', { hasText: 'X-Api-Key' });
    await form.getByRole('textbox').fill(system.shopA.apiKey);
    await form.getByRole('button', { name: 'Authorize' }).click();
    await form.getByRole('button', { name: 'Logout' }).waitFor();
  },
  'an operation and its answer': async (page) => {
    await page.getByRole('button', { name: 'Close' }).first().click();
    await page.getByText('Place a checkout').first().click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    const { variantId } = await givenForSale(system.shopA, { onHand: 1 });
    const order = { buyerId: 'reader', lines: [{ variantId, quantity: 1 }] };
    await page.getByLabel('Request body').fill(JSON.stringify(order));
    const parameter = (name: string) => page.locator(`[data-param-name="${name}" i] input`);
    await parameter('Idempotency-Key').fill(variantId);
    await parameter('Prefer').fill('wait=20');
    await page.getByRole('button', { name: 'Execute' }).click();
    const answer = page.locator('.live-responses-table .response').first();
    await answer.waitFor();
    expect(await answer.locator('.response-col_status').textContent()).toMatch(/^200\b/);
    expect(await answer.textContent()).toContain('"status": "placed"');
  },
  'the catalogue of the storefront': async (page) => {
    await page.goto(shopUrl);
    await page.locator(TO_CART).first().waitFor();
  },
  'the cart of the storefront': async (page) => {
    await page.locator(TO_CART).first().click();
    await page.getByRole('button', { name: 'Order' }).waitFor();
  },
  'an order of the storefront': async (page) => {
    await page.getByRole('button', { name: 'Order' }).click();
    await page.getByText('Thank you. Your order is placed.').waitFor();
  },
  'the orders of the storefront': (page) => page.goto(`${shopUrl}/orders`),
  'a draw of the storefront': (page) => page.goto(`${shopUrl}/draws/${drawId}`),
};

/** Opens a page of the queue board that shows jobs. */
async function openBoard(page: Page, path: string): Promise<void> {
  await page.goto(`${system.url}/ops/queues/queue/${path}`);
  await page.getByRole('button', { name: 'Duplicate' }).first().waitFor();
}

/** The selector of the part to check, if an earlier step has checked the rest of the page. */
const PARTS: Readonly<Record<string, string>> = {
  'a confirmation dialog of the observatory': 'dialog',
  'a confirmation dialog of the queue board': '[role="alertdialog"]',
  'a copy of a job': '[role="dialog"]',
  'an operation and its answer': '.opblock.is-open',
  'the logins of the reference': '.dialog-ux',
  'a login with a key': '.dialog-ux',
};

async function openHistory(page: Page, checkoutId: string): Promise<void> {
  await page.goto(`${system.url}/ops/search?checkout=${checkoutId}`);
  await page.locator('#waterfall tbody tr').first().waitFor();
}

test.each([
  ['on a desktop in light colours', DESKTOP],
  ['on a phone in dark colours', PHONE],
])(
  '%s, axe finds no serious violation, nothing overflows, and no page reports an error',
  { timeout: TIMEOUT_MS },
  async (_, look) => {
    const browser = (await openBrowser()).browser();
    const page = await browser?.newPage({ ...look, httpCredentials: TEST_OPERATOR });
    if (page === undefined) throw new Error('the browser has closed');
    onTestFinished(() => page.close());
    page.setDefaultTimeout(STEP_MS_MAX);
    const faults = collectFaults(page);
    const problemsByStep: Record<string, string[]> = {};
    for (const [name, step] of Object.entries(STEPS)) {
      await step(page);
      const problems = await findViolations(page, PARTS[name]);
      const overflow = await measureOverflow(page);
      if (overflow > 0) problems.push(`the page is ${overflow} px wider than the window`);
      problems.push(...faults.splice(0));
      if (problems.length > 0) problemsByStep[name] = problems;
    }
    expect(problemsByStep).toEqual({});
  },
);
