import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openTestApi, TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';

const openBrowser = browserForFile();
const api = await openTestApi();

/** A page script that keeps every plot of uPlot in `plots`. */
const RECORD_PLOTS = `
  window.plots = [];
  let recording;
  Object.defineProperty(window, 'uPlot', {
    configurable: true,
    get: () => recording,
    set: (uPlot) => {
      recording = function (...options) {
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

/** Returns the times of the first chart, in seconds, and its first row of values. */
const readPlot = (page: Page) =>
  page.evaluate<[number[], (number | null)[]]>('window.plots[0].data.slice(0, 2)');

test('charts keep their points when the stream ends and another stream begins', async () => {
  const page = await openCharts();
  const count = async () => (await readPlot(page))[0].length;
  await expect.poll(count).toBeGreaterThan(3);
  const [before] = await readPlot(page);
  // Ends the stream, as happens every 15 minutes, and also the reading of figures, so that the next
  // stream begins without history.
  api.context.ops.observatory.end();
  await expect.poll(count).toBeGreaterThan(before.length + 2);
  const [after] = await readPlot(page);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after).toEqual(after.toSorted((first, second) => first - second));
});

test('points of the history replace points of the same time, and no line bridges a gap', async () => {
  const page = await openCharts();
  const toPoint = (ms: number, accepted: number) => ({
    ...{ at: new Date(ms).toISOString(), latencyMs: null, backlog: null, stock: [] },
    rates: { accepted, settled: 0, rejectedEarly: 0 },
  });
  const start = Date.now() + 3_600_000;
  const frames = [
    [0, 500, 1_000].map((ms) => toPoint(start + ms, 1)),
    [500, 1_000, 6_000].map((ms) => toPoint(start + ms, 2)),
    [],
  ];
  await page.evaluate(`(async () => {
    const { createCharts } = await import(document.documentElement.dataset.base + '/assets/charts.js');
    window.plots = [];
    const charts = createCharts();
    for (const frame of ${JSON.stringify(frames)}) charts.restart(frame);
  })()`);
  const [times, accepted] = await readPlot(page);
  const seconds = times.map((time) => time - start / 1_000);
  expect(seconds.map((time) => Math.round(time * 10) / 10)).toEqual([0, 0.5, 1, 1, 6]);
  expect(accepted).toEqual([1, 2, 2, null, 2]);
});

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
