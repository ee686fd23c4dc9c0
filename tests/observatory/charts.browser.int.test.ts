import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openTestApi, TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';

const openBrowser = browserForFile();
const api = await openTestApi();

/** Keeps every plot that uPlot makes in `plots`. */
const RECORD_PLOTS = `
  window.plots = [];
  let made;
  Object.defineProperty(window, 'uPlot', {
    configurable: true,
    get: () => made,
    set: (uPlot) => {
      made = function (...options) {
        const plot = new uPlot(...options);
        window.plots.push(plot);
        return plot;
      };
    },
  });
`;

async function openCharts(): Promise<Page> {
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  await page.addInitScript(RECORD_PLOTS);
  await page.goto(`${api.url}/ops`);
  await page.getByText('Live', { exact: true }).waitFor();
  return page;
}

test('charts are built again for another width, and not for another height', async () => {
  const page = await openCharts();
  const count = () => page.evaluate<number>('window.plots.length');
  const built = await count();
  const resize = async (width: number, height: number) => {
    const resized = page.evaluate(
      "new Promise((resolve) => addEventListener('resize', () => setTimeout(resolve), { once: true }))",
    );
    await page.setViewportSize({ width, height });
    await resized;
  };
  await resize(360, 740);
  const narrow = await count();
  expect(narrow).toBe(2 * built);
  for (const height of [680, 740]) await resize(360, height);
  expect(await count()).toBe(narrow);
});
