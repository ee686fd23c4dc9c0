import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import { createDraw } from '../../shared/ledger/draws/create-draw.ts';
import { storeEntries } from '../../shared/ledger/draws/store-entries.ts';
import { drawnLate, toDrawDraft, toEntryDraft } from '../../shared/ledger/testing/given-draws.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { DrawRunner } from '../../worker/run-draws/draw-sweep.ts';

const openBrowser = browserForFile();
const LENGTH_MS = 60_000;
const PASSED_OVER = 1_100;
const clock = manualClock();
const api = await openTestApi({ clock });
const { store, ledger } = api.context;

interface ShownDraw {
  readonly winners: string[];
  readonly passedOver: unknown[];
  readonly passedOverCount: number;
}

interface DrawnPage {
  readonly items: readonly { readonly id: string; readonly outcome: string }[];
  readonly nextCursor: string | null;
}

/** Draws three units: one entry gets two units, and the last entry gets the third. */
async function givenManyPassedOver(): Promise<string> {
  const [variant] = await givenVariants(store, [{ onHand: 3 }]);
  const terms = { now: clock.now(), lengthMs: LENGTH_MS, perBuyer: 2 };
  const { draw, seed } = toDrawDraft(variant, 3, terms);
  await createDraw(ledger, { draw, seed });
  const large = Array.from({ length: PASSED_OVER }, (_, buyer) =>
    toEntryDraft(draw, variant, buyer, 2),
  );
  const small = drawnLate(toEntryDraft(draw, variant, PASSED_OVER), seed);
  const stored = await storeEntries(store, [...large, small]);
  for (const result of stored) expect(result).toEqual({ value: 'stored' });
  clock.advance(LENGTH_MS);
  await new DrawRunner(ledger).round();
  return draw._id;
}

test('the program and the page verify a draw that passed over more entries than the response lists', async () => {
  const drawId = await givenManyPassedOver();
  const { body: draw } = await api.anonymous.get<ShownDraw>(`/v1/draws/${drawId}`);
  expect(draw.winners).toHaveLength(2);
  expect(draw.passedOver).toHaveLength(1_000);
  expect(draw.passedOverCount).toBeGreaterThan(1_000);
  const { body: page } = await api.anonymous.get<DrawnPage>(`/v1/draws/${drawId}/drawn`);
  const { body: next } = await api.anonymous.get<DrawnPage>(
    `/v1/draws/${drawId}/drawn?cursor=${page.nextCursor}`,
  );
  expect(next.nextCursor).toBeNull();
  const drawn = [...page.items, ...next.items];
  expect(new Set(drawn.map(({ id }) => id)).size).toBe(draw.passedOverCount + 2);
  const placed = drawn.filter(({ outcome }) => outcome === 'placed').map(({ id }) => id);
  expect(placed).toEqual(draw.winners);
  const verify = ['commands/verify-draw.mjs', drawId, '--url', api.url];
  const { stdout } = await promisify(execFile)(process.execPath, verify, { cwd: projectRoot });
  expect(stdout).toContain(`${PASSED_OVER + 1} entries, 2 winners`);
  const drawPage = await (await openBrowser()).newPage();
  await drawPage.goto(`${api.url}/draws/${drawId}`);
  await drawPage.getByText('Checked: the winners follow from the committed seed.').waitFor();
  const more = draw.passedOverCount - 1_000;
  expect(await drawPage.locator('#passed li').last().textContent()).toBe(`and ${more} more`);
});
