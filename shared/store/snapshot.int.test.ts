import { beforeEach, describe, expect, test } from 'vitest';
import { givenShop } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { atSnapshot } from './snapshot.ts';

const store = await openTestStore(testNamespace());

beforeEach(() => clearStore(store));

test('every read returns the state at the first read, despite later writes', async () => {
  await givenShop(store);
  const counts = await atSnapshot(store, async (session) => {
    const before = await store.shops.countDocuments({}, { session });
    await givenShop(store);
    await givenShop(store);
    return [before, await store.shops.countDocuments({}, { session })];
  });
  expect(counts).toEqual([1, 1]);
  expect(await store.shops.countDocuments()).toBe(3);
});

describe('reading that fails', () => {
  const tooOld = Object.assign(new Error('snapshot too old'), { code: 239 });

  test('is repeated when the server has lost the snapshot', async () => {
    let tries = 0;
    const read = async () => {
      tries += 1;
      if (tries < 3) throw tooOld;
      return tries;
    };
    expect(await atSnapshot(store, read)).toBe(3);
  });

  test('is given up after a few attempts', async () => {
    await expect(atSnapshot(store, () => Promise.reject(tooOld))).rejects.toBe(tooOld);
  });

  test('is not repeated after an error of the reader', async () => {
    let tries = 0;
    const read = async () => {
      tries += 1;
      throw new RangeError('mine');
    };
    await expect(atSnapshot(store, read)).rejects.toThrow('mine');
    expect(tries).toBe(1);
  });
});
