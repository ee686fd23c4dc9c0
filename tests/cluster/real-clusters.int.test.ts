import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSecretsKey } from '../../shared/access/system-secrets.ts';
import { migrate } from '../../shared/store/migrate.ts';
import { openStore, type Store } from '../../shared/store/store.ts';
import { type GivenVariant, givenDiscount, givenVariants } from '../../shared/testing/builders.ts';
import { killServer, ownCluster } from '../../shared/testing/own-cluster.ts';
import { PROMISE_TIMEOUT_MS, PROMISE_WAIT_MS, promiseRuns } from '../../shared/testing/promises.ts';
import { findKeys, withRedis } from '../../shared/testing/redis-keys.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { startReceiver } from '../../shared/testing/webhook-receiver.ts';
import { type Child, startChild } from '../rig/child.ts';
import { givenApiKey, type SeenCheckout, type Storefront, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

const PRODUCTS = 8;
const BUYERS = promiseRuns(4_000, 80);
const FAULTS = promiseRuns(20, 1);
const CONCURRENCY = 24;
const KEY_PREFIX = 'clustered';
const WAIT = { timeout: PROMISE_WAIT_MS };

const cluster = ownCluster();
let store: Store;
let api: Child;
let workers: Child[];
let env: Record<string, string>;
let apiUrl: string;

beforeAll(async () => {
  const place = {
    mongodbUrl: cluster.mongodb.url,
    redisUrl: cluster.redis.url,
    keyPrefix: KEY_PREFIX,
  };
  store = await openStore(place.mongodbUrl);
  await migrate(store);
  env = await systemEnv(place, {
    PARTITIONS: '4',
    SECRETS_KEY: newSecretsKey(),
    WEBHOOK_ALLOWED_RANGES: '127.0.0.0/8',
  });
  apiUrl = `http://127.0.0.1:${env['PORT']}`;
  api = await startChild('api/main.ts', env);
  workers = await Promise.all([1, 2].map(() => startChild('worker/main.ts', env)));
}, 120_000);
afterAll(async () => {
  await Promise.all([api, ...workers].map((child) => child.stop()));
  await store.close();
});

/** Creates a shop whose products have one variant each, and a storefront of that shop. */
async function givenShop(onHand: number): Promise<{ variants: GivenVariant[]; front: Storefront }> {
  const specs = Array.from({ length: PRODUCTS }, () => ({ onHand }));
  const variants = await givenVariants(store, specs);
  const apiKey = await givenApiKey(store, variants[0]?.shopId ?? '');
  return { variants, front: storefront(apiUrl, apiKey) };
}

const toLines = (variants: readonly GivenVariant[], n: number) => [
  { variantId: variants[n % PRODUCTS]?.variantId ?? '', quantity: 1 },
];
const count = (outcomes: readonly SeenCheckout[], status: string) =>
  outcomes.filter((outcome) => outcome.status === status).length;

test('each of two workers holds two partitions, and all four partitions get checkouts', async () => {
  const countPartitions = async () => {
    const processes = await store.processes.find({ kind: 'worker' }).toArray();
    return processes.map(({ partitions = [] }) => partitions.length);
  };
  await expect.poll(countPartitions, WAIT).toEqual([2, 2]);
  const { variants, front } = await givenShop(1_000);
  await runConcurrently(2 * PRODUCTS, CONCURRENCY, (n) =>
    front.buy(`all-${n}`, toLines(variants, n)),
  );
  const keys = await withRedis(cluster.redis.url, (redis) =>
    findKeys(redis, `${KEY_PREFIX}:queue`),
  );
  const tags = keys.flatMap((key) => /\{(\d)\}/.exec(key)?.[1] ?? []);
  expect([...new Set(tags)].sort()).toEqual(['0', '1', '2', '3']);
});

test(`${BUYERS} buyers of ${PRODUCTS} products: exactly the units in stock are sold`, async () => {
  const onHand = BUYERS / PRODUCTS / 2;
  const { variants, front } = await givenShop(onHand);
  const outcomes = await runConcurrently(BUYERS, CONCURRENCY, (n) =>
    front.buy(`stock-${n}`, toLines(variants, n)),
  );
  expect(count(outcomes, 'placed')).toBe(PRODUCTS * onHand);
  expect(count(outcomes, 'rejected')).toBe(BUYERS - PRODUCTS * onHand);
  expect(await expectVerdictOk(store)).toMatchObject({ inversions: 0 });
});

test('buyers in all partitions use a discount exactly up to its limit', async () => {
  const { variants, front } = await givenShop(1_000);
  const [first] = variants;
  const { _id, code } = await givenDiscount(store, first?.shopId ?? '', { usageLimit: 10 });
  const outcomes = await runConcurrently(10 * PRODUCTS, CONCURRENCY, (n) =>
    front.buy(`code-${n}`, toLines(variants, n), { discountCodes: [code] }),
  );
  expect(count(outcomes, 'placed')).toBe(10);
  expect(await store.discounts.findOne({ _id })).toMatchObject({ uses: 10 });
  await expectVerdictOk(store);
});

test('an order is confirmed, and its events reach a webhook', async () => {
  const { variants, front } = await givenShop(10);
  const receiver = await startReceiver();
  try {
    const hook = { url: receiver.url, events: ['checkout.*', 'order.*'] };
    expect((await front.call('POST', '/v1/webhooks', hook)).status).toBe(201);
    const { orders } = await front.buy('hooked', toLines(variants, 0));
    const path = `/v1/orders/${orders[0]?.id}/confirm`;
    const payment = { paymentReference: 'pay-clustered' };
    expect((await front.call('POST', path, payment)).status).toBe(200);
    const types = () => receiver.received.map(({ type }) => type).sort();
    await expect.poll(types, WAIT).toEqual(['checkout.placed', 'order.confirmed']);
  } finally {
    await receiver.shut();
  }
});

describe.each([
  {
    fault: 'the primary of MongoDB steps down',
    causeFault: async () => {
      const client = new MongoClient(cluster.mongodb.url);
      // The primary closes its connections, including this one.
      await client
        .db('admin')
        .command({ replSetStepDown: 5, force: true })
        .catch(() => undefined);
      await client.close();
    },
  },
  {
    fault: 'a member of MongoDB is killed and started again',
    causeFault: async (nth: number) => {
      await killServer(cluster.mongodb, nth % cluster.mongodb.members.length);
      await cluster.mongodb.restart(nth % cluster.mongodb.members.length);
    },
  },
  {
    fault: 'a master of Redis is killed and started again',
    causeFault: async (nth: number) => {
      await killServer(cluster.redis, nth % cluster.redis.members.length);
      await cluster.redis.restart(nth % cluster.redis.members.length);
    },
  },
  {
    fault: 'a worker is killed and another one started',
    causeFault: async () => {
      await workers.shift()?.kill('SIGKILL');
      workers.push(await startChild('worker/main.ts', env));
    },
  },
])('while $fault', ({ fault, causeFault }) => {
  test(
    `${FAULTS} times: every accepted checkout is placed`,
    async () => {
      const { variants, front } = await givenShop(1_000_000);
      for (let nth = 0; nth < FAULTS; nth += 1) {
        let isOver = false;
        const causing = causeFault(nth).finally(() => {
          isOver = true;
        });
        const accepted: string[] = [];
        await runConcurrently(4, 4, async (buyer) => {
          // Some requests are refused while there is no primary; they are repeated with the same
          // key.
          for (let n = 0; n < 10 || !isOver; n += 1) {
            const key = `${fault}-${nth}-${buyer}-${n}`.replaceAll(' ', '-');
            const post = () => front.post(key, toLines(variants, n));
            let id: unknown;
            await expect
              .poll(async () => {
                const { status, json } = await post();
                id = json['id'];
                return { status, code: json['code'] };
              }, WAIT)
              .toEqual({ status: 202, code: undefined });
            accepted.push(String(id));
          }
        });
        await causing;
        const queued = { _id: { $in: accepted }, status: 'queued' } as const;
        await expect.poll(() => store.checkouts.countDocuments(queued), WAIT).toBe(0);
        const placed = { _id: { $in: accepted }, status: 'placed' } as const;
        expect(await store.checkouts.countDocuments(placed)).toBe(accepted.length);
      }
      await expectVerdictOk(store);
    },
    PROMISE_TIMEOUT_MS,
  );
});
