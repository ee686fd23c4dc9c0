import { once } from 'node:events';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectFailingFast, type RedisClient } from '../../shared/queue/connections.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { Budget, takeAll } from './budget.ts';

const POINTS = 5;
const WINDOW_S = 60;

const namespace = testNamespace();
let redis: RedisClient;

async function connect(): Promise<RedisClient> {
  const client = connectFailingFast({ url: namespace.redisUrl, onError: () => undefined });
  await once(client, 'ready');
  return client;
}

beforeAll(async () => {
  redis = await connect();
});
afterAll(() => redis.disconnect());

function createBudget(name: string, client = redis): Budget {
  const keyPrefix = `${namespace.keyPrefix}:${name}`;
  return new Budget(client, { keyPrefix, pointsMax: POINTS, windowS: WINDOW_S });
}

async function countGranted(budget: Budget, holder: string, tries = 2 * POINTS): Promise<number> {
  let count = 0;
  for (let n = 0; n < tries; n += 1) if ((await budget.take(holder)).waitMs === 0) count += 1;
  return count;
}

test('processes share the points of a holder, but holders do not share points', async () => {
  const [first, second] = [createBudget('shared'), createBudget('shared')];
  expect(await countGranted(first, 'a', 3)).toBe(3);
  expect(await countGranted(second, 'a')).toBe(POINTS - 3);
  expect(await countGranted(second, 'b')).toBe(POINTS);
  const { waitMs } = await first.take('a');
  expect(waitMs).toBeGreaterThan(0);
  expect(waitMs).toBeLessThanOrEqual(WINDOW_S * 1_000);
});

test('without Redis a process uses its own count', async () => {
  const client = await connect();
  const budget = createBudget('own', client);
  expect(await countGranted(budget, 'a', 3)).toBe(3);
  client.disconnect();
  expect(await countGranted(budget, 'a')).toBe(POINTS - 3);
  expect(await countGranted(budget, 'b')).toBe(POINTS);
});

test('a refusal by one budget costs no points of the other budgets', async () => {
  const [full, other] = [createBudget('full'), createBudget('other')];
  await countGranted(full, 'a');
  const claims = [
    { budget: other, holder: 'a' },
    { budget: full, holder: 'a' },
  ];
  for (let n = 0; n < 2 * POINTS; n += 1) {
    expect((await takeAll(claims)).waitMs).toBeGreaterThan(0);
  }
  expect(await countGranted(other, 'a')).toBe(POINTS);
});

test('a holder without points never takes shared points, not even for a moment', async () => {
  const [own, shared] = [createBudget('personal'), createBudget('of-all')];
  await countGranted(own, 'a');
  const takes = vi.spyOn(shared, 'take');
  const claims = [
    { budget: own, holder: 'a' },
    { budget: shared, holder: 'all' },
  ];
  for (let n = 0; n < POINTS; n += 1) {
    expect((await takeAll(claims)).waitMs).toBeGreaterThan(0);
  }
  expect(takes).not.toHaveBeenCalled();
  expect((await takeAll([{ budget: own, holder: 'b' }, ...claims.slice(1)])).waitMs).toBe(0);
  expect(takes).toHaveBeenCalledTimes(1);
});

test('points that are given back can be taken again, and reset gives all points back', async () => {
  const budget = createBudget('back');
  for (let n = 0; n < 2 * POINTS; n += 1) await (await budget.take('a')).giveBack();
  expect(await countGranted(budget, 'a')).toBe(POINTS);
  await budget.reset('a');
  expect(await countGranted(budget, 'a')).toBe(POINTS);
});
