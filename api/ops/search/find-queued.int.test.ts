import { beforeAll, expect, test } from 'vitest';
import type { SearchPlace } from '../../../shared/search/find-entries.ts';
import { givenCheckouts, givenVariants, toPricedLine } from '../../../shared/testing/builders.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { openTestStore } from '../../../shared/testing/test-store.ts';
import type { RecordFilters } from './entry-filters.ts';
import { findQueued } from './find-queued.ts';

const READ_MAX = 4;
const store = await openTestStore(testNamespace());
let ids: string[];

beforeAll(async () => {
  const [shirt] = await givenVariants(store, [{ onHand: 9 }]);
  const lines = [toPricedLine(shirt)];
  const acceptedAt = new Date();
  const later = new Date(acceptedAt.getTime() + 1_000);
  const specs = Array.from({ length: 10 }, (_, index) => ({
    lines,
    buyerId: index === 7 ? 'Late Eve' : 'Ada',
    // Checkouts that are stored together have the same time.
    acceptedAt: index < 6 ? acceptedAt : later,
  }));
  ids = (await givenCheckouts(store, specs)).map(({ _id }) => _id);
});

/** Reads page after page to the end. */
async function readPages(filters: RecordFilters, limit: number) {
  const pages: { ids: string[]; isCut: boolean }[] = [];
  for (let after: SearchPlace | undefined; ; ) {
    const page = await findQueued(store, filters, { after, limit, readMax: READ_MAX });
    const { found, next, readUntil } = page;
    pages.push({ ids: found.map(({ _id }) => _id), isCut: readUntil !== undefined });
    if (next === undefined) return pages;
    after = next;
  }
}

test('each queued checkout is on exactly one page, in the order of acceptance', async () => {
  const pages = await readPages({ status: 'queued' }, 3);
  expect(pages.flatMap((page) => page.ids)).toEqual(ids.toSorted());
  expect(pages.map((page) => page.isCut)).toEqual([false, false, false, false]);
});

test('a search reads a limited number of checkouts, reports where it stopped, and continues there', async () => {
  expect(await readPages({ q: 'eve late' }, 3)).toEqual([
    { ids: [], isCut: true },
    { ids: [ids[7]], isCut: true },
    { ids: [], isCut: false },
  ]);
});
