import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { childEnv, projectRoot } from '../../shared/runtime/env.ts';
import { MIGRATIONS } from '../../shared/store/migrations.ts';
import { openStore, type Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { type Child, startChild } from '../rig/child.ts';

const PRODUCTS = 3_000;
const TEST_TIMEOUT_MS = 120_000;
const WITHIN = { timeout: 30_000, interval: 20 };
const run = promisify(execFile);

const namespace = testNamespace({ isOwnDatabase: true });
let store: Store;

beforeAll(async () => {
  store = await openStore(namespace.mongodbUrl);
});
beforeEach(() => store.connection.dropDatabase());
afterAll(() => store.close());

async function givenProducts(): Promise<void> {
  const products = Array.from({ length: PRODUCTS }, (_, index) => ({ _id: `prd_${index}` }));
  await rawCollection(store, 'products').insertMany(products);
}

async function startMigration(): Promise<Child> {
  const env = { MONGODB_URL: namespace.mongodbUrl };
  const child = await startChild('tests/rig/children/slow-migration.ts', env);
  onTestFinished(() => child.kill('SIGKILL'));
  return child;
}

function countMarked(times: unknown): Promise<number> {
  return rawCollection(store, 'products').countDocuments({ marks: times });
}

function readRecord() {
  return store.connection.collection<{ _id: string }>('migrations').findOne({ _id: '0001-marks' });
}

test(
  'a migration that is killed in the middle is taken over and completed, and no document is changed twice',
  async () => {
    await givenProducts();
    const first = await startMigration();
    await expect.poll(() => countMarked(1), WITHIN).toBeGreaterThan(0);
    await first.kill('SIGKILL');
    expect(await countMarked(1)).toBeLessThan(PRODUCTS);
    expect(await readRecord()).toBeNull();
    const successor = await startMigration();
    expect(await successor.exited).toBe(0);
    expect(successor.output()).toContain('ran ["0001-marks"]');
    expect(await countMarked(1)).toBe(PRODUCTS);
    expect(await readRecord()).toMatchObject({ at: expect.any(Date), ms: expect.any(Number) });
  },
  TEST_TIMEOUT_MS,
);

test(
  'a process that works for longer than a lease keeps its lease',
  async () => {
    await givenProducts();
    const first = await startMigration();
    await expect.poll(() => countMarked(1), WITHIN).toBeGreaterThan(0);
    const others = await Promise.all([startMigration(), startMigration()]);
    expect(await Promise.all([first, ...others].map((child) => child.exited))).toEqual([0, 0, 0]);
    expect(first.output()).toContain('ran ["0001-marks"]');
    for (const other of others) expect(other.output()).toContain('ran []');
    expect(await countMarked(1)).toBe(PRODUCTS);
    expect(await readRecord()).toMatchObject({ documents: PRODUCTS });
  },
  TEST_TIMEOUT_MS,
);

test(
  'a process that was frozen while another process took over changes nothing afterwards',
  async () => {
    await givenProducts();
    const first = await startMigration();
    await expect.poll(() => countMarked(1), WITHIN).toBeGreaterThan(0);
    first.signal('SIGSTOP');
    const successor = await startMigration();
    expect(await successor.exited).toBe(0);
    first.signal('SIGCONT');
    expect(await first.exited).not.toBe(0);
    expect(await countMarked(1)).toBe(PRODUCTS);
  },
  TEST_TIMEOUT_MS,
);

const ENTRY = `${projectRoot}commands/migrate.ts`;
const runMigrate = (...more: string[]) => {
  const env = childEnv({ MONGODB_URL: namespace.mongodbUrl });
  return run(process.execPath, [ENTRY, ...more], { env });
};

test.each([2, 5])(
  '%i concurrent commands run each migration once',
  async (count) => {
    const outputs = await Promise.all(Array.from({ length: count }, () => runMigrate()));
    const ran = outputs.flatMap(({ stdout }) => [...stdout.matchAll(/^done {2}(\S+)$/gm)]);
    expect(ran.map(([, id]) => id)).toEqual(MIGRATIONS.map(({ id }) => id));
  },
  TEST_TIMEOUT_MS,
);

test(
  'the command lists pending migrations, and refuses databases of other programs and unknown flags',
  async () => {
    await expect(runMigrate('--list')).rejects.toMatchObject({ code: 1 });
    await runMigrate();
    expect((await runMigrate('--list')).stdout).toContain('Nothing is pending.');
    await store.connection
      .collection<{ _id: string }>('migrations')
      .insertOne({ _id: '0001-other' });
    await expect(runMigrate()).rejects.toMatchObject({ code: 2 });
    await expect(runMigrate('--nonsense')).rejects.toMatchObject({ code: 2 });
  },
  TEST_TIMEOUT_MS,
);
