import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createStorefront } from '../../examples/storefront/app.ts';
import type { RunningSystem } from '../../loadtest/system/running-system.ts';
import { pause } from '../../shared/runtime/deadline.ts';

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** How long a page may take to show the subject of its picture. */
const SHOWN_MS = 60_000;
const POLL_MS = 100;

/** The pictures, by the names of their files without `.png`. */
export const PICTURES = [
  'observatory',
  'observatory-on-a-phone',
  'queues-during-a-sale',
  'docs',
  'storefront',
] as const;

type Picture = (typeof PICTURES)[number];

interface Options {
  readonly system: Pick<RunningSystem, 'apiUrl' | 'apiKey' | 'ops'>;
  /** The folder of the pictures. Existing pictures are replaced. */
  readonly folder: string;
  readonly log: (line: string) => void;
}

/**
 * Starts a demo sale on a running system and takes pictures during it: of the observatory,
 * bull-board, the documentation, and the storefront.
 * @throws Error if a page reports an error or does not show the subject of its picture
 */
export async function takeScreenshots(browser: Browser, options: Options): Promise<void> {
  const { system, log } = options;
  const photographer = new Photographer(browser, options);
  const operator = { httpCredentials: system.ops };
  await photographer.take('observatory', operator, async (page) => {
    await page.goto(`${system.apiUrl}/ops`);
    log(await startDemoSale(page));
  });
  const phone = { ...operator, viewport: PHONE, colorScheme: 'dark' } as const;
  await photographer.take('observatory-on-a-phone', phone, async (page) => {
    await page.goto(`${system.apiUrl}/ops`);
    await page.locator('#stock tbody tr').first().waitFor({ timeout: SHOWN_MS });
  });
  await photographer.take('queues-during-a-sale', operator, async (page) => {
    await page.goto(`${system.apiUrl}/ops/queues/queue/checkouts?status=completed`);
    await page
      .getByText(/^1 checkout: |^\d+ checkouts: /)
      .first()
      .waitFor({ timeout: SHOWN_MS });
  });
  await photographer.take('docs', {}, async (page) => {
    await page.goto(`${system.apiUrl}/docs`);
    await page.getByText('/v1/checkouts', { exact: true }).first().waitFor({ timeout: SHOWN_MS });
  });
  await withStorefront(system, (url) =>
    photographer.take('storefront', {}, async (page) => {
      await page.goto(url);
      await page.getByRole('link').first().waitFor({ timeout: SHOWN_MS });
    }),
  );
}

/** Starts a demo sale on the observatory, and waits until half of its units are sold. */
async function startDemoSale(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Start a demo sale' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  const started = page.getByText(/buyers come for \d+ units of DEMO-/);
  const text = (await started.textContent({ timeout: SHOWN_MS })) ?? '';
  const [, units, sku] = /for (\d+) units of (DEMO-\w+)/.exec(text) ?? [];
  if (units === undefined || sku === undefined) throw new Error(`No sale in: ${text}`);
  const row = page.locator('#stock tbody tr').filter({ hasText: sku });
  const readAvailable = async () =>
    Number(await row.locator(':nth-child(2)').first().textContent());
  const deadline = performance.now() + SHOWN_MS;
  while ((await readAvailable()) > Number(units) / 2) {
    if (performance.now() > deadline) throw new Error(`${sku} does not sell`);
    await pause(POLL_MS);
  }
  return text;
}

/** Opens pages and saves pictures of them. */
class Photographer {
  readonly #browser: Browser;
  readonly #options: Options;

  constructor(browser: Browser, options: Options) {
    this.#browser = browser;
    this.#options = options;
  }

  /**
   * Takes a picture of a page in a new browser context.
   * @param open opens the page and waits until it shows the subject of the picture
   */
  async take(
    picture: Picture,
    context: BrowserContextOptions,
    open: (page: Page) => Promise<void>,
  ): Promise<void> {
    const { folder, log } = this.#options;
    const browserContext = await this.#browser.newContext({ viewport: DESKTOP, ...context });
    try {
      const page = await browserContext.newPage();
      const faults: string[] = [];
      page.on('pageerror', ({ message }) => faults.push(message));
      await open(page);
      const path = join(folder, `${picture}.png`);
      await page.screenshot({ path, animations: 'disabled' });
      if (faults.length > 0) throw new Error(`${picture}: ${faults.join('; ')}`);
      log(path);
    } finally {
      await browserContext.close();
    }
  }
}

/** Runs the storefront while `work` uses it. */
async function withStorefront(
  { apiUrl, apiKey }: Options['system'],
  work: (url: string) => Promise<void>,
): Promise<void> {
  const connection = { baseUrl: apiUrl, apiKey };
  const { fetch } = createStorefront({ connection, secret: 'only for pictures' });
  const server = serve({ fetch, hostname: '127.0.0.1', port: 0 });
  try {
    await once(server, 'listening');
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}
