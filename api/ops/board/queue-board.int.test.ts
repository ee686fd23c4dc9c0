import { type Processor, UnrecoverableError, Worker } from 'bullmq';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import {
  SETTLE_CHECKOUTS,
  type SettleCheckoutsData,
  type SettleCheckoutsResult,
  settleJobId,
} from '../../../shared/contract/jobs.ts';
import { queuePrefix } from '../../../shared/queue/checkout-queue.ts';
import { connectPatiently } from '../../../shared/queue/connections.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { toJob } from '../../../shared/testing/settle-jobs.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { BOARD_PATH } from '../context.ts';
import { asOperator, callOps, type OpsAnswer } from '../testing/ops-calls.ts';

const WAIT = { timeout: 10_000, interval: 20 };
const namespace = testNamespace();
const jobsPath = `${BOARD_PATH}/api/queues/${SETTLE_CHECKOUTS.queue}`;
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { isOpsWritable: true });
});
afterAll(() => api.close());

type SettleProcessor = Processor<SettleCheckoutsData, SettleCheckoutsResult>;

/** Adds a job and runs it once with `settle`. */
async function runOnce(settle: SettleProcessor): Promise<{ checkoutId: string; jobId: string }> {
  const checkoutId = newId('chk');
  const jobId = settleJobId(checkoutId, 0);
  await api.context.queue.enqueue([toJob(checkoutId)]);
  const connection = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
  const prefix = queuePrefix(namespace.keyPrefix);
  const worker = new Worker(SETTLE_CHECKOUTS.queue, settle, { connection, prefix });
  await vi.waitFor(async () => expect(await isOver(jobId)).toBe(true), WAIT);
  await worker.close();
  connection.disconnect();
  return { checkoutId, jobId };
}

async function isOver(jobId: string): Promise<boolean> {
  const state = await api.context.queue.bull.getJobState(jobId);
  return state === 'completed' || state === 'failed';
}

async function shownJob(jobId: string): Promise<Record<string, unknown>> {
  const { body } = await callOps(api.url, { method: 'GET', path: `${jobsPath}/${jobId}` });
  return body['job'] as Record<string, unknown>;
}

const change = (path: string, headers = {}): Promise<OpsAnswer> =>
  callOps(api.url, { method: 'PUT', path }, { ...asOperator, ...headers });

test('the name of a job shows its checkout and outcome', async () => {
  const orders = ['ord_1'];
  const settled = { status: 'placed', orders, batch: 12, ms: 34 };
  const { checkoutId, jobId } = await runOnce(async ({ data: { checkouts } }) => ({
    checkouts: checkouts.map((checkout) => ({ checkoutId: checkout.checkoutId, ...settled })),
  }));
  expect(await shownJob(jobId)).toMatchObject({
    name: `placed ${checkoutId}`,
    data: toJob(checkoutId).data,
    returnValue: [
      {
        checkout: checkoutId,
        outcome: 'placed',
        orders,
        checkoutsInItsBatch: 12,
        msFromAcceptanceToCommit: 34,
        page: `/ops/search?checkout=${checkoutId}`,
      },
    ],
    externalUrl: { href: `/ops/search?checkout=${checkoutId}` },
  });
});

test('a writable board can retry a failed job, but not at the request of another origin', async () => {
  const { checkoutId, jobId } = await runOnce(() => {
    throw new UnrecoverableError('parked: no such product');
  });
  expect(await shownJob(jobId)).toMatchObject({
    name: `gave up ${checkoutId}`,
    failedReason: 'parked: no such product',
  });
  const retry = `${jobsPath}/${jobId}/retry`;
  expect((await change(retry, { origin: 'https://evil.example' })).status).toBe(403);
  expect(await api.context.queue.bull.getJobState(jobId)).toBe('failed');
  expect((await change(retry, { origin: api.url })).status).toBe(204);
  expect(await api.context.queue.bull.getJobState(jobId)).toBe('waiting');
});

test('failures are shown without personal data', async () => {
  const { jobId } = await runOnce(async (job) => {
    await job.log('ada@example.org will be tried again');
    throw new UnrecoverableError(
      'E11000 duplicate key error index: one_entry_per_buyer dup key: { buyer: "ada@example.org" }',
    );
  });
  const [shown, list, logs] = await Promise.all(
    [
      `${jobsPath}/${jobId}`,
      `${BOARD_PATH}/api/queues?activeQueue=${SETTLE_CHECKOUTS.queue}&status=failed`,
      `${jobsPath}/${jobId}/logs`,
    ].map((path) => callOps(api.url, { method: 'GET', path })),
  );
  for (const { status, text } of [shown, list, logs].filter((answer) => answer !== undefined)) {
    expect(status).toBe(200);
    expect(text).not.toContain('ada@');
  }
  const failure = 'E11000 duplicate key error index: one_entry_per_buyer dup key: { *** }';
  for (const text of [shown?.text, list?.text]) expect(text).toContain(failure);
  expect(logs?.text).toContain('*** will be tried again');
  expect(shown?.body['job']).toMatchObject({
    failedReason: failure,
    stacktrace: [expect.stringContaining('at ')],
  });
});

test('a writable board can pause and resume the queue', async () => {
  const { bull } = api.context.queue;
  onTestFinished(() => bull.resume());
  expect((await change(`${jobsPath}/pause`)).status).toBe(200);
  expect(await bull.isPaused()).toBe(true);
  expect((await change(`${jobsPath}/resume`)).status).toBe(200);
  expect(await bull.isPaused()).toBe(false);
});

test('a body over the limit is refused', async () => {
  const call = { method: 'POST', path: `${jobsPath}/add` };
  const body = { name: 'x', data: 'x'.repeat(1_100_000) };
  const { status, body: problem } = await callOps(api.url, call, asOperator, body);
  expect([status, problem['code']]).toEqual([413, 'body_too_large']);
});

test('the page shows the environment, and charts of finished jobs', async () => {
  const { text } = await callOps(api.url, { method: 'GET', path: BOARD_PATH });
  expect(text).toContain('"label":"test, writable"');
  expect(text).toContain('"showMetrics":true');
});

test('the page needs no internet access', async () => {
  const { text, headers } = await callOps(api.url, { method: 'GET', path: BOARD_PATH });
  expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect(text).toContain('"boardTitle":"Lastunit queues"');
  const assets = Array.from(
    text.matchAll(/(?:src|href)="((?:static|own)\/[^"]+)"/g),
    ([, path]) => path,
  );
  expect(assets.length).toBeGreaterThan(4);
  expect(assets).toEqual(expect.arrayContaining(['own/board.css', 'own/board.js']));
  for (const path of assets) {
    const asset = await callOps(api.url, { method: 'GET', path: `${BOARD_PATH}/${path}` });
    expect([path, asset.status]).toEqual([path, 200]);
    expect(asset.headers.get('content-security-policy')).toContain("script-src 'self';");
  }
  expect(headers.get('content-security-policy')).not.toContain('http');
});

test('the page links to the latest verdict, but not to the verdict that reads all data', async () => {
  const { text } = await callOps(api.url, { method: 'GET', path: BOARD_PATH });
  expect(text.match(/\/ops\/verdict[^"]*/g)).toEqual(['/ops/verdict/latest']);
});

test('a page has at most 100 jobs', async () => {
  const path = `${BOARD_PATH}/api/queues?activeQueue=checkouts&jobsPerPage=`;
  expect((await callOps(api.url, { method: 'GET', path: `${path}100` })).status).toBe(200);
  expect((await callOps(api.url, { method: 'GET', path: `${path}101` })).status).toBe(400);
});
