import { afterEach, beforeAll, expect, test } from 'vitest';
import { finishImport } from '../../../shared/imports/finish-import.ts';
import {
  commitImport,
  type HeldImport,
  openImport,
  renewImport,
  takeAbandoned,
} from '../../../shared/imports/import-lease.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import type { Store } from '../../../shared/store/store.ts';
import { givenShop } from '../../../shared/testing/builders.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../../shared/testing/test-store.ts';
import { LineReport } from './line-report.ts';
import type { Parsed } from './read/candidate.ts';
import { stageFile } from './stage-file.ts';
import { productLine } from './testing/files.ts';

const PRODUCTS = 1_200;

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

async function* file(count = PRODUCTS): AsyncGenerator<Parsed> {
  for (let line = 1; line <= count; line += 1) {
    const findPlace = (path: string) => ({ line, path });
    yield { line, value: productLine(`S-${line}`), length: 100, rows: [], findPlace };
  }
}

function stage(held: HeldImport, products = file()): Promise<number> {
  return stageFile({ store, clock: systemClock, held, report: new LineReport() }, products);
}

/** Ends the lease, as if the process had died long ago. */
async function abandon({ _id }: HeldImport): Promise<void> {
  await store.imports.updateOne({ _id }, { $set: { until: new Date(0) } });
}

/** Finishes an abandoned import as a worker's sweep does. Returns whether there was one. */
async function finishAbandoned(): Promise<boolean> {
  const held = await takeAbandoned(store);
  if (held !== undefined) await finishImport(store, held);
  return held !== undefined;
}

async function counts() {
  return {
    shown: await store.products.countDocuments({ importId: null }),
    hidden: await store.products.countDocuments({ importId: { $ne: null } }),
    levels: await store.stock.countDocuments(),
    imports: await store.imports.countDocuments(),
  };
}

const NOTHING = { shown: 0, hidden: 0, levels: 0, imports: 0 };
const ALL = { shown: PRODUCTS, hidden: 0, levels: PRODUCTS, imports: 0 };

test('an import whose process died before the commit is undone completely once its lease has ended', async () => {
  const held = await openImport(store, { shopId: await givenShop(store), publish: false });
  expect(await stage(held)).toBe(PRODUCTS);
  expect(await counts()).toEqual({ ...NOTHING, hidden: PRODUCTS, imports: 1 });
  expect(await finishAbandoned()).toBe(false);
  await abandon(held);
  expect(await finishAbandoned()).toBe(true);
  expect(await counts()).toEqual(NOTHING);
});

test('an import whose process died after the commit is completed once its lease has ended', async () => {
  const held = await openImport(store, { shopId: await givenShop(store), publish: true });
  await stage(held);
  const committed = await commitImport(store, held);
  const dying = { ...store, connection: dyingAfter(1) };
  await expect(finishImport(dying, committed)).rejects.toThrow('killed');
  const half = await counts();
  expect(half.shown).toBe(half.levels);
  expect(half.shown).toBeGreaterThan(0);
  expect(half.shown).toBeLessThan(PRODUCTS);
  await abandon(committed);
  expect(await finishAbandoned()).toBe(true);
  expect(await counts()).toEqual(ALL);
  expect(await store.products.countDocuments({ status: 'published' })).toBe(PRODUCTS);
});

/** Returns a connection of the store that starts this many sessions and then throws an error. */
function dyingAfter(sessions: number): Store['connection'] {
  let begun = 0;
  return new Proxy(store.connection, {
    get(target, name) {
      if (name === 'startSession' && begun++ === sessions) throw new Error('killed');
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('if several calls finish an import concurrently, each product is shown once', async () => {
  const held = await openImport(store, { shopId: await givenShop(store), publish: false });
  await stage(held);
  const committed = await commitImport(store, held);
  await Promise.all([1, 2, 3].map(() => finishImport(store, committed)));
  expect(await counts()).toEqual(ALL);
});

test('a process that lost its lease can neither stage, commit, renew nor finish the import', async () => {
  const held = await openImport(store, { shopId: await givenShop(store), publish: false });
  async function* stalling() {
    yield* file(900);
    await abandon(held);
    await finishAbandoned();
    yield* file();
  }
  await expect(stage(held, stalling())).rejects.toThrow('another process');
  await expect(commitImport(store, held)).rejects.toThrow('another process');
  await expect(renewImport(store, held)).rejects.toThrow('another process');
  await expect(finishImport(store, held)).rejects.toThrow('another process');
  expect(await counts()).toEqual(NOTHING);
});

test('renewing a lease extends it, so that the import is not taken over', async () => {
  const held = await openImport(store, { shopId: await givenShop(store), publish: false });
  const before = await store.imports.findOne({ _id: held._id });
  await renewImport(store, held);
  const after = await store.imports.findOne({ _id: held._id });
  expect(Number(after?.until)).toBeGreaterThan(Number(before?.until));
  expect(await finishAbandoned()).toBe(false);
  await finishImport(store, held);
  expect(await counts()).toEqual(NOTHING);
});

test('if the response to a commit is lost, the retry finds its batch staged and reports no fault', async () => {
  const held = await openImport(store, { shopId: await givenShop(store), publish: false });
  let lost = 0;
  const startSession = store.connection.startSession.bind(store.connection);
  const connection = new Proxy(store.connection, {
    get(target, name) {
      if (name !== 'startSession') return Reflect.get(target, name);
      return async () => {
        const session = await startSession();
        const commit = session.commitTransaction.bind(session);
        session.commitTransaction = async () => {
          await commit();
          lost += 1;
          if (lost === 1) throw Object.assign(new Error('x'), { name: 'MongoNotConnectedError' });
        };
        return session;
      };
    },
  });
  const report = new LineReport();
  const staging = { store: { ...store, connection }, clock: systemClock, held, report };
  expect(await stageFile(staging, file(10))).toBe(10);
  expect(lost).toBe(2);
  expect(report.isEmpty).toBe(true);
  expect(await counts()).toMatchObject({ hidden: 10 });
});
