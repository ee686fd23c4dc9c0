import { afterAll, beforeAll, expect, test } from 'vitest';
import { callOps } from '../../api/ops/testing/ops-calls.ts';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { judgingStore } from '../../shared/ledger/judging/following/judging-store.ts';
import { findViolations } from '../../shared/testing/axe.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { collectFaults } from '../../shared/testing/page-faults.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';
import { recordLights } from './seen-lights.ts';

const openBrowser = browserForFile();
/** The light is stale when the verdict has lagged for a minute. */
const SILENT_MS = 61_000;
let system: InProcessSystem;

beforeAll(async () => {
  system = await startInProcessSystem(testNamespace());
});
afterAll(() => system?.close());

test('the light is stale, and never green again, when no worker judges the record', async () => {
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  const faults = collectFaults(page, system.url);
  await page.goto(`${system.url}/ops`);
  const light = () => page.locator('#verdict').getAttribute('data-status');
  await expect.poll(light).toBe('ok');
  await system.stopWorkers();
  // Moves the last judgement a minute back instead of waiting for a minute.
  const { states } = judgingStore(system.context.store);
  const state = await states.findOne({ _id: 'record' });
  const checkedUntil = new Date((state?.checkedUntil.getTime() ?? 0) - SILENT_MS);
  await states.updateOne({ _id: 'record' }, { $set: { checkedUntil } });
  await expect.poll(light).toBe('stale');
  expect(await page.locator('#verdict-word').textContent()).toBe('stale');
  expect(await page.locator('#verdict-text').textContent()).toMatch(
    /^0 faults\. Checked until \d+:\d\d:\d\d.*: /,
  );
  const readLights = await recordLights(page);
  await expect.poll(async () => (await readLights()).length).toBeGreaterThan(3);
  expect((await readLights()).filter(({ status }) => status === 'ok')).toEqual([]);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await findViolations(page, '#verdict')).toEqual([]);
  }
  const latest = await callOps(system.url, { method: 'GET', path: '/ops/verdict/latest' });
  expect(latest.body['status']).toBe('stale');
  expect(faults).toEqual([]);
});
