import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { startInProcessSystem } from '../rig/in-process-system.ts';
import { PICTURES, takeScreenshots } from './take-screenshots.ts';

const openBrowser = browserForFile();
const DEMO_SALE = { units: 10, buyers: 30, arriveMs: 2_000 };
/** A PNG file begins with these bytes; width and height follow (RFC 2083, 3.1 and 4.1.1). */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const WIDTH_AT = 16;

test('takes each picture during a demo sale, as a PNG file with the width of its screen', async () => {
  const system = await startInProcessSystem(testNamespace(), { demoSale: DEMO_SALE });
  onTestFinished(() => system.close());
  await givenForSale(system.shopA, { onHand: 12 });
  const folder = await mkdtemp(join(tmpdir(), 'screenshots-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const browser = (await openBrowser()).browser();
  if (browser === null) throw new Error('The browser has closed.');
  const lines: string[] = [];
  await takeScreenshots(browser, {
    system: { apiUrl: system.url, apiKey: system.shopA.apiKey, ops: TEST_OPERATOR },
    folder,
    log: (line) => lines.push(line),
  });
  expect(lines[0]).toMatch(/^30 buyers come for 10 units of DEMO-/);
  for (const picture of PICTURES) {
    const png = await readFile(join(folder, `${picture}.png`));
    expect(png.subarray(0, PNG.length)).toEqual(PNG);
    expect(png.readUInt32BE(WIDTH_AT)).toBe(picture === 'observatory-on-a-phone' ? 390 : 1280);
  }
});
