import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX } from '../../shared/contract/limits.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { startSystem, systemEnv } from '../rig/system.ts';

const QUOTA = promiseRuns(200, 60);
const OVERDRIVE = 10;
const LARGE_BODIES = promiseRuns(60, 12);
const SENT_BYTES = 8 * BODY_BYTES_MAX;
const CHUNK_BYTES = 65_536;
const GROWTH_BYTES_MAX = 20 * 1_048_576;

const namespace = testNamespace();

test(`${OVERDRIVE} times the quota over two processes: only the quota is admitted`, async () => {
  const store = await openTestStore(namespace);
  const [variant] = await givenVariants(store, [{ onHand: 10 }]);
  const apiKey = await givenApiKey(store, variant.shopId);
  await store.apiKeys.updateMany({}, { $set: { quotaPerMinute: QUOTA } });
  const env = await systemEnv(namespace);
  const otherEnv = await systemEnv(namespace);
  const apis = [await startChild('api/main.ts', env), await startChild('api/main.ts', otherEnv)];
  try {
    const urls = [env, otherEnv].map(({ PORT }) => `http://127.0.0.1:${PORT}`);
    // All requests fall into one window of a minute, which begins with the first of them.
    const answers = await runConcurrently(QUOTA * OVERDRIVE, 32, async (n) => {
      const response = await fetch(`${urls[n % 2]}/v1/products`, {
        headers: { 'x-api-key': apiKey },
      });
      const body = await response.text();
      return { status: response.status, headers: response.headers, body };
    });
    const passed = answers.filter((answer) => answer.status === 200);
    const refused = answers.filter((answer) => answer.status === 429);
    expect(passed.length + refused.length).toBe(QUOTA * OVERDRIVE);
    expect(passed.length).toBeLessThanOrEqual(QUOTA);
    expect(passed.length).toBeGreaterThan(QUOTA * 0.9);
    expect(passed[0]?.headers.get('ratelimit-policy')).toBe(`"key";q=${QUOTA};w=60`);
    expect(passed[0]?.headers.get('ratelimit')).toMatch(/^"key";r=\d+;t=\d+$/);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.parse(refused[0]?.body ?? '')).toMatchObject({ code: 'too_many_requests' });
  } finally {
    await Promise.all(apis.map((api) => api.stop()));
  }
}, 60_000);

test('bodies that are too large or too deep and pages that are too long are refused, and large bodies are not kept in memory', async () => {
  const store = await openTestStore(namespace);
  const system = await startSystem(namespace, { workers: 0 });
  try {
    const [variant] = await givenVariants(store, [{ onHand: 10 }]);
    const apiKey = await givenApiKey(store, variant.shopId);
    const url = `${system.apiUrl}/v1/checkouts`;
    const send = async () => {
      const statuses = await runConcurrently(LARGE_BODIES, 4, (n) =>
        sendBody(url, apiKey, n % 2 === 0, SENT_BYTES),
      );
      // A server that refuses early may cut the connection while the client still sends.
      expect(statuses.filter((status) => status !== 413 && status !== 'cut')).toEqual([]);
      return residentBytes(system.api.pid);
    };
    // The memory of a new process grows at first. If it kept the bodies, it would not stop growing.
    let before = await send();
    const growth = async () => {
      const after = await send();
      const grown = after - before;
      before = after;
      return grown;
    };
    await expect.poll(growth, { timeout: 60_000, interval: 1 }).toBeLessThan(GROWTH_BYTES_MAX);
    // The API reads a slightly too large body to its end, so its answer arrives, unless the machine
    // is too busy to send the rest within the half second for which the API reads on.
    for (const isChunked of [true, false]) {
      const answer = () => sendBody(url, apiKey, isChunked, BODY_BYTES_MAX + CHUNK_BYTES);
      await expect.poll(answer).toBe(413);
    }

    const front = storefront(system.apiUrl, apiKey);
    const deep = `${'['.repeat(JSON_DEPTH_MAX + 1)}${']'.repeat(JSON_DEPTH_MAX + 1)}`;
    const tooDeep = await front.call('POST', '/v1/products', {
      title: 'x',
      attributes: JSON.parse(deep),
    });
    expect([tooDeep.status, tooDeep.json['code']]).toEqual([400, 'malformed_json']);
    const page = await front.call('GET', '/v1/products?limit=101');
    expect([page.status, page.json['code']]).toEqual([400, 'invalid_request']);
    expect(await store.checkouts.countDocuments()).toBe(0);
  } finally {
    await system.stop();
  }
}, 120_000);

/** Sends a body, in chunks or with its length. Returns the status, or `cut` if there is none. */
function sendBody(
  url: string,
  apiKey: string,
  isChunked: boolean,
  bytes: number,
): Promise<number | 'cut'> {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/json',
      'x-api-key': apiKey,
      'idempotency-key': 'large',
      ...(isChunked ? {} : { 'content-length': bytes }),
    };
    const sending = request(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      sending.destroy();
    });
    sending.on('error', () => resolve('cut'));
    const chunk = Buffer.alloc(CHUNK_BYTES, 'x');
    let sent = 0;
    const sendMore = () => {
      while (sent < bytes) {
        sent += chunk.length;
        if (!sending.write(chunk)) return void sending.once('drain', sendMore);
      }
      sending.end();
    };
    sendMore();
  });
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
}
