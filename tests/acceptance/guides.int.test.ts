import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type ApiError, Lastunit } from '../../client/index.ts';
import { newSecretsKey } from '../../shared/access/system-secrets.ts';
import { childEnv, projectRoot } from '../../shared/runtime/env.ts';
import { givenCheckout, givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { findKeys, removeKeys, withRedis } from '../../shared/testing/redis-keys.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startReceiver } from '../../shared/testing/webhook-receiver.ts';
import { type Child, startChild } from '../rig/child.ts';
import { givenApiKey } from '../rig/storefront.ts';
import { type System, startSystem } from '../rig/system.ts';

const HOUR_MS = 60 * 60 * 1_000;
const ENV = {
  OPS_USERNAME: 'operator',
  OPS_PASSWORD: 'the password of the operator',
  OPS_BOARD_WRITABLE: 'true',
  SECRETS_KEY: newSecretsKey(),
  WEBHOOK_ALLOWED_RANGES: '127.0.0.0/8',
};

const namespace = testNamespace();
const store = await openTestStore(namespace);
let system: System;
let worker: Child;
let shop: Lastunit;
let products = 0;

beforeAll(async () => {
  system = await startSystem(namespace, { workers: 0, env: ENV });
  worker = await startChild('worker/main.ts', system.env);
  const apiKey = await givenApiKey(store, await givenShop(store));
  shop = new Lastunit({ baseUrl: system.apiUrl, apiKey });
});
afterAll(async () => {
  await worker?.stop();
  await system?.stop();
});

/**
 * Follows a guide step by step. `steps` must have exactly the titles of the guide, in its order.
 */
async function follow(guide: string, steps: Readonly<Record<string, () => Promise<unknown>>>) {
  const text = await readFile(join(projectRoot, 'docs/guides', guide), 'utf8');
  const titles = [...text.matchAll(/^\d+\. \*\*(.+?)\*\*/gm)].map(([, title]) => title);
  expect(titles).toEqual(Object.keys(steps));
  for (const [title, step] of Object.entries(steps)) {
    await step().catch((cause: unknown) => {
      throw new Error(`the step “${title}” of ${guide} has failed: ${cause}`, { cause });
    });
  }
}

async function sell(units: number): Promise<string> {
  products += 1;
  const variants = [{ sku: `GUIDE-${products}`, price: 1_000, currency: 'GBP' as const }];
  const product = await shop.products.create({ title: 'A lamp', type: 'furniture', variants });
  const variantId = product.variants[0]?.id ?? '';
  await shop.inventory.adjust(variantId, { set: units, reason: 'delivery' });
  await shop.products.publish(product.id);
  return variantId;
}

interface Purchase {
  readonly quantity?: number;
  readonly reservationSeconds?: number;
}

async function buy(buyerId: string, variantId: string, { quantity = 1, ...more }: Purchase = {}) {
  return shop.checkouts.submitAndWait({ buyerId, lines: [{ variantId, quantity }], ...more });
}

/** Buys, and returns the id of the order. */
async function order(buyerId: string, variantId: string, more: Purchase = {}): Promise<string> {
  const outcome = await buy(buyerId, variantId, more);
  expect(outcome.status).toBe('placed');
  return outcome.orders[0]?.id ?? '';
}

const refusal = (work: Promise<unknown>): Promise<Partial<ApiError>> =>
  work.then(
    () => ({}),
    (error: ApiError) => error,
  );

async function operate(method: string, path: string, body?: object) {
  const { OPS_USERNAME: name, OPS_PASSWORD: password } = ENV;
  const login = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const headers = { authorization: login, 'content-type': 'application/json' };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`${system.apiUrl}${path}`, init);
  return { status: response.status, text: await response.text() };
}

async function readVerdict(query = '') {
  return JSON.parse((await operate('GET', `/ops/verdict${query}`)).text);
}

test('every step of the guide to selling out a drop works', async () => {
  const soonMs = Date.now() + 4_000;
  const saleFrom = new Date(soonMs).toISOString();
  let variantId = '';
  const attempt = async () => {
    const lines = [{ variantId, quantity: 1 }];
    return shop.checkouts.create(
      { buyerId: 'buyer-1', lines },
      { idempotencyKey: 'attempt-1', retries: 0 },
    );
  };
  await follow('sell-out-a-drop.md', {
    'Create the product as a draft': async () => {
      const product = await shop.products.create({
        title: 'The drop',
        type: 'furniture',
        purchaseLimit: { quantity: 2 },
        publishAt: new Date().toISOString(),
        saleFrom,
        variants: [{ sku: 'DROP', price: 1_000, currency: 'GBP' }],
      });
      variantId = product.variants[0]?.id ?? '';
      const readStatus = async () => (await shop.products.get(product.id)).status;
      await expect.poll(readStatus).toBe('published');
    },
    'Set the stock': async () => {
      for (const _ of ['at first', 'again']) {
        await shop.inventory.adjust(variantId, { set: 5, reason: 'drop' });
      }
      expect(await shop.inventory.get(variantId)).toMatchObject({ onHand: 5, available: 5 });
    },
    'Prepare the system': async () => {
      const runbook = await readFile(join(projectRoot, 'docs/operations.md'), 'utf8');
      expect(runbook).toContain('\n## Before a sale\n');
    },
    'Give each attempt to buy an `Idempotency-Key` of its own, and keep it for repeats.':
      async () => {
        if (Date.now() < soonMs) {
          const early = await refusal(attempt());
          expect(early).toMatchObject({ status: 409, code: 'not_on_sale_yet' });
          expect(early.problem?.retryAfterS).toBeGreaterThan(0);
        }
        const repeat = () => attempt().catch(({ code }: ApiError) => ({ status: code }));
        await expect.poll(repeat).toMatchObject({ status: 'queued' });
      },
    'Show the outcome': async () => {
      expect(await buy('buyer-2', variantId, { quantity: 2 })).toMatchObject({ status: 'placed' });
      expect(await buy('buyer-2', variantId)).toMatchObject({
        status: 'rejected',
        rejection: { code: 'purchase_limit_reached' },
      });
      const short = { quantity: 2, reservationSeconds: 2 };
      expect(await buy('buyer-3', variantId, short)).toMatchObject({ status: 'placed' });
    },
    'Watch `/ops`': async () => {
      expect((await operate('GET', '/ops')).status).toBe(200);
      expect(await readVerdict()).toMatchObject({ ok: true, oversold: 0 });
    },
    'Expect units to come back.': async () => {
      const tryAgain = async () => (await buy('buyer-4', variantId, { quantity: 2 })).status;
      await expect.poll(tryAgain).toBe('placed');
    },
  });
});

test('every step of the guide to taking payments works', async () => {
  const variantId = await sell(10);
  const scarce = await sell(1);
  const references: string[] = [];
  let paid = '';
  let refused = '';
  await follow('take-payments.md', {
    'Place the checkout, then start the payment': async () => {
      paid = await order('buyer-1', variantId);
      const unpaid = await shop.orders.get(paid);
      expect(unpaid).toMatchObject({ status: 'pending', total: 1_000 });
      expect(Date.parse(unpaid.reservedUntil ?? '')).toBeGreaterThan(Date.now());
    },
    "Confirm from the provider's webhook": async () => {
      for (const _ of ['at first', 'again']) {
        const confirmed = await shop.orders.confirm(paid, { paymentReference: 'pay-1' });
        expect(confirmed).toMatchObject({ status: 'confirmed', paymentReference: 'pay-1' });
      }
    },
    'If the payment takes longer': async () => {
      const slow = await order('buyer-2', variantId);
      const before = Date.parse((await shop.orders.get(slow)).reservedUntil ?? '');
      const { reservedUntil } = await shop.orders.extend(slow, { seconds: 60 });
      expect(Date.parse(reservedUntil ?? '') - before).toBe(60_000);
    },
    'If the payment comes too late': async () => {
      const late = await order('buyer-3', variantId, { reservationSeconds: 1 });
      refused = await order('buyer-4', scarce, { reservationSeconds: 1 });
      for (const id of [late, refused]) {
        await expect.poll(async () => (await shop.orders.get(id)).status).toBe('expired');
      }
      const request = { paymentReference: 'pay-3', reacquire: true };
      expect(await shop.orders.confirm(late, request)).toMatchObject({ status: 'confirmed' });
      await order('buyer-5', scarce);
      const taken = { paymentReference: 'pay-4', reacquire: true };
      const error = await refusal(shop.orders.confirm(refused, taken));
      expect(error).toMatchObject({ status: 409, code: 'invalid_transition' });
      expect(error.problem).toMatchObject({ rejection: { code: 'out_of_stock' } });
      await refusal(shop.orders.confirm(refused, taken));
    },
    'Find every payment that fits no order.': async () => {
      const { history } = await shop.orders.get(refused);
      expect(history).toContainEqual(
        expect.objectContaining({ kind: 'payment_unmatched', paymentReference: 'pay-4' }),
      );
      for await (const { data } of shop.events.list({ type: 'order.payment_unmatched' })) {
        references.push(String(data['paymentReference']));
      }
      expect(references).toEqual(['pay-4']);
    },
    'Refund cancelled and returned units.': async () => {
      const { reductions } = await shop.orders.cancel(paid, { reason: 'changed mind' });
      expect(reductions).toMatchObject([{ kind: 'cancelled', refund: 1_000 }]);
    },
  });
});

test('every step of the guide to recovering from an outage works', async () => {
  const variantId = await sell(10);
  const lines = [{ variantId, quantity: 1 }];
  const accept = async (buyerId: string) => (await shop.checkouts.create({ buyerId, lines })).id;
  const readOutcome = async (id: string) => (await shop.checkouts.waitForOutcome(id)).status;
  let accepted = '';
  await follow('recover-from-an-outage.md', {
    'Read `/readyz`.': async () => {
      await worker.kill('SIGKILL');
      accepted = await accept('buyer-1');
      const readParts = async () => {
        const readiness = await (await fetch(`${system.apiUrl}/readyz`)).json();
        return (readiness as { problems: { part: string }[] }).problems.map(({ part }) => part);
      };
      await expect.poll(readParts).toContain('workers');
    },
    'Bring the part back.': async () => {
      await withRedis(namespace.redisUrl, async (redis) => {
        await removeKeys(redis, await findKeys(redis, namespace.keyPrefix));
      });
      worker = await startChild('worker/main.ts', system.env);
      expect(await readOutcome(accepted)).toBe('placed');
    },
    'Leave the storefront open': async () => {
      await worker.stop();
      const id = await accept('buyer-2');
      worker = await startChild('worker/main.ts', system.env);
      expect(await readOutcome(id)).toBe('placed');
    },
    'Look for parked checkouts': async () => {
      const checkout = await store.checkouts.findOne({ _id: accepted });
      const failed = { status: 'failed', failure: 'the guide', receivedAt: new Date() } as const;
      const { _id: id } = await givenCheckout(store, { lines: checkout?.lines ?? [], ...failed });
      const from = new Date(Date.now() - HOUR_MS).toISOString();
      const filter = { from, to: new Date(Date.now() + HOUR_MS).toISOString(), reason: 'guide' };
      const parked = await operate('GET', `/ops/parked?${new URLSearchParams(filter)}`);
      expect(parked.text).toContain(id);
      const replayed = await operate('POST', '/ops/parked/replay', filter);
      expect(JSON.parse(replayed.text)).toMatchObject({ replayed: [id], refused: [] });
      const readStatus = async () => (await store.checkouts.findOne({ _id: id }))?.status;
      await expect.poll(readStatus).toBe('placed');
    },
    'Take the verdict': async () => {
      expect(await readVerdict('?drained=true')).toMatchObject({ ok: true, pending: 0, lost: 0 });
    },
    'Run `npm run reconcile`.': async () => {
      const file = join(projectRoot, 'commands/reconcile.ts');
      const { exitCode, stdout } = await execa(process.execPath, [file], {
        env: childEnv({ MONGODB_URL: namespace.mongodbUrl, REDIS_URL: namespace.redisUrl }),
        reject: false,
      });
      expect(stdout).toContain('no differences');
      expect(exitCode).toBe(0);
    },
    'Send webhooks again': async () => {
      const receiver = await startReceiver();
      onTestFinished(() => receiver.shut());
      const { id } = await shop.webhooks.create({ url: receiver.url, events: ['order.confirmed'] });
      await shop.orders.confirm(await order('buyer-3', variantId));
      await expect.poll(() => receiver.received.length).toBe(1);
      // The state after three days of failed attempts.
      const failed = { $set: { status: 'failed' as const } };
      const isDelivered = { webhookId: id, status: 'delivered' as const };
      const fail = async () =>
        (await store.webhookDeliveries.updateOne(isDelivered, failed)).matchedCount;
      await expect.poll(fail).toBe(1);
      const since = new Date(Date.now() - HOUR_MS).toISOString();
      expect(await shop.webhooks.redeliverSince(id, { since })).toMatchObject({ count: 1 });
      await expect.poll(() => receiver.received.length).toBe(2);
      expect(receiver.received[1]?.id).toBe(receiver.received[0]?.id);
    },
  });
});
