import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';

const openBrowser = browserForFile();
const SINCE = /^No figures since \d+:\d\d:\d\d.*\./;
let system: InProcessSystem;

beforeAll(async () => {
  system = await startInProcessSystem(testNamespace());
});
afterAll(() => system?.close());

/** Opens the observatory and waits for the green light. */
async function openGreen(): Promise<Page> {
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  await page.goto(`${system.url}/ops`);
  await expect.poll(() => light(page)).toBe('ok');
  return page;
}

const light = (page: Page) => page.locator('#verdict').getAttribute('data-status');
const readText = (page: Page, id: string) => page.locator(`#${id}`).textContent();

test('the light goes out when the stream stays open without figures, and comes back', async () => {
  const page = await openGreen();
  // Without MongoDB no login can be checked, and a watcher whose login is unchecked gets no
  // figures.
  const checks = vi.spyOn(system.context.operators, 'identify');
  onTestFinished(() => checks.mockRestore());
  checks.mockReturnValue(new Promise(() => undefined));
  await expect.poll(() => light(page)).toBe('unknown');
  expect(await readText(page, 'verdict-text')).toMatch(SINCE);
  expect(await readText(page, 'connection')).toMatch(SINCE);
  checks.mockRestore();
  await expect.poll(() => light(page)).toBe('ok');
  expect(await readText(page, 'connection')).toBe('Live');
});

test('the light goes out at once when the connection breaks', async () => {
  const page = await openGreen();
  await page.evaluate(`
    window.seen = [];
    new MutationObserver(() => window.seen.push([
      document.getElementById('verdict').dataset.status,
      document.getElementById('connection').textContent,
    ])).observe(document.getElementById('connection'), { childList: true });
  `);
  system.context.ops.observatory.end();
  await expect.poll(() => page.evaluate<string[][]>('window.seen')).toHaveLength(2);
  const [broken, again] = await page.evaluate<string[][]>('window.seen');
  expect(broken).toEqual(['unknown', expect.stringMatching(SINCE)]);
  expect(again).toEqual([expect.any(String), 'Live']);
  await expect.poll(() => light(page)).toBe('ok');
});

test('without Redis the page shows dashes, and not zeros, for the figures that come from events', async () => {
  const page = await openGreen();
  await expect.poll(() => readText(page, 'settled')).toBe('0/s');
  expect(await readText(page, 'outcomes-empty')).toBe('None.');
  const reads = vi.spyOn(system.context.queue.bull, 'isPaused');
  onTestFinished(() => reads.mockRestore());
  reads.mockRejectedValue(new Error('no Redis'));
  await expect.poll(() => readText(page, 'settled')).toBe('–');
  expect(await readText(page, 'outcomes-empty')).toBe('–');
  expect(await readText(page, 'redis')).toBe('no answer');
  expect(await readText(page, 'accepted')).toBe('0/s');
});
