import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pause } from '../../shared/runtime/deadline.ts';
import { projectRoot } from '../../shared/runtime/env.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { PROMISE_TIMEOUT_MS, PROMISE_WAIT_MS, promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type Child, startChild } from '../rig/child.ts';
import { givenApiKey, type Storefront, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

const UNITS = promiseRuns(600, 40);
const CONCURRENCY = promiseRuns(32, 8);
/** Buyers arrive from the opening until well after the close. */
const OPEN_MS = promiseRuns(20_000, 1_500);
const LATE_MS = promiseRuns(1_500, 500);
const KILLS = promiseRuns(10, 2);
const WAIT = { timeout: PROMISE_WAIT_MS, interval: 10 };

const namespace = testNamespace();
const stopping: (() => Promise<unknown>)[] = [];
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterAll(() => Promise.all(stopping.map((stop) => stop())));

async function startApi(apiKey: string) {
  const env = await systemEnv(namespace);
  const child = await startChild('api/main.ts', env);
  stopping.push(() => child.stop());
  const url = `http://127.0.0.1:${env['PORT']}`;
  return { url, front: storefront(url, apiKey) };
}

/**
 * Enters buyers through both APIs until after the close. Returns the ids of the accepted entries,
 * and how many entries were refused.
 */
async function enterUntilLate(
  fronts: readonly [Storefront, Storefront],
  draw: { readonly id: string; readonly variantId: string; readonly closesAt: Date },
): Promise<{ accepted: string[]; refused: number }> {
  const accepted: string[] = [];
  let refused = 0;
  let buyers = 0;
  await runConcurrently(CONCURRENCY, CONCURRENCY, async () => {
    while (Date.now() < draw.closesAt.getTime() + LATE_MS) {
      buyers += 1;
      const buyer = buyers;
      const front = fronts[buyer % 2] ?? fronts[0];
      const lines = [{ variantId: draw.variantId, quantity: 1 }];
      const { status, json } = await front.post(`b${buyer}`, lines, { drawId: draw.id });
      if (status === 202) accepted.push(String(json['id']));
      else {
        expect([status, json['code']]).toEqual([409, 'draw_closed']);
        refused += 1;
        await pause(20);
      }
    }
  });
  return { accepted, refused };
}

/**
 * Starts a worker that dies after writing stock and before the commit, so its transaction stays
 * open.
 */
const startDying = (env: Record<string, string>) =>
  startChild('tests/rig/children/worker-dying-in-commit.ts', env);

/**
 * Kills up to KILLS workers while they draw, half of them within a commit, until all units are
 * drawn. Returns a worker that is still running.
 */
async function killWorkers(drawId: string, env: Record<string, string>): Promise<Child> {
  const countDrawn = () => store.drawEntries.countDocuments({ rank: { $exists: true } });
  const isDrawn = async () => (await store.draws.findOne({ _id: drawId }))?.held === 0;
  for (let kill = 0; kill < KILLS && !(await isDrawn()); kill += 1) {
    const before = await countDrawn();
    const worker = await (kill % 2 === 0 ? startChild('worker/main.ts', env) : startDying(env));
    let hasDied = false;
    const died = worker.exited.then(() => {
      hasDied = true;
    });
    const hasDrawn = async () => hasDied || (await countDrawn()) > before || (await isDrawn());
    await expect.poll(hasDrawn, WAIT).toBe(true);
    await worker.kill('SIGKILL');
    await died;
  }
  return startChild('worker/main.ts', env);
}

test(
  `a draw follows its seed, although up to ${KILLS + 1} workers are killed and buyers come too late`,
  async () => {
    const [{ variantId, shopId }] = await givenVariants(store, [{ onHand: UNITS + 1 }]);
    const apiKey = await givenApiKey(store, shopId);
    const [apiA, apiB] = [await startApi(apiKey), await startApi(apiKey)];
    const opensAt = new Date();
    const closesAt = new Date(opensAt.getTime() + OPEN_MS);
    const request = { variantId, quantity: UNITS, opensAt, closesAt };
    const { status, json } = await apiA.front.call('POST', '/v1/draws', request);
    expect(status).toBe(201);
    const drawId = String(json['id']);
    const draw = { id: drawId, variantId, closesAt };
    const entering = enterUntilLate([apiA.front, apiB.front], draw);
    // The first stock write of this worker is for the winners, after it has closed the draw.
    const closer = await startDying(await systemEnv(namespace));
    const { accepted, refused } = await entering;
    expect(await closer.exited).toBe('SIGKILL');
    const worker = await killWorkers(drawId, await systemEnv(namespace));
    stopping.push(() => worker.stop());
    const read = () => store.draws.findOne({ _id: drawId });
    await expect.poll(async () => (await read())?.held, WAIT).toBe(0);
    for await (const { _id } of store.orders.find({ drawId })) {
      expect((await apiA.front.call('POST', `/v1/orders/${_id}/confirm`)).status).toBe(200);
    }
    await expect.poll(async () => (await read())?.status, WAIT).toBe('settled');
    console.info({ entries: accepted.length, refused });
    expect(refused).toBeGreaterThan(0);
    const entries = await store.checkouts.find<CheckoutRecord>({ drawId }).toArray();
    expect(entries.map(({ _id }) => _id).sort()).toEqual(accepted.sort());
    const placed = entries.filter((entry) => entry.status === 'placed');
    expect(placed).toHaveLength(Math.min(UNITS, entries.length));
    for (const { rejection } of entries.filter((entry) => entry.status !== 'placed')) {
      expect(rejection).toMatchObject({ code: 'not_drawn' });
    }
    const verify = ['commands/verify-draw.mjs', drawId, '--url', apiB.url];
    const { stdout } = await promisify(execFile)(process.execPath, verify, { cwd: projectRoot });
    expect(stdout).toContain(`${accepted.length} entries, ${placed.length} winners`);
    const events = await store.outbox.distinct('events.type', { 'events.subjectId': drawId });
    expect(events).toEqual(expect.arrayContaining(['draw.closed', 'draw.settled']));
    await expectVerdictOk(store);
  },
  PROMISE_TIMEOUT_MS,
);
