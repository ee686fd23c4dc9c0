import { afterAll, beforeAll, expect, test } from 'vitest';
import { parkCheckout, unparkCheckout } from '../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { apiClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { CART_VARIANTS, replay, send } from '../carts/testing/cart-model.ts';
import { givenCart, putLine, type ShownCart } from '../carts/testing/shown-cart.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const namespace = testNamespace();
const variantIds: string[] = [];
let api: TestApi;
/** Another process of the same system. */
let otherApi: TestApi;
let keys = 0;

beforeAll(async () => {
  api = await startTestApi(namespace);
  otherApi = await startTestApi(namespace, { secrets: api.context.config.secrets });
  for (let count = 0; count < CART_VARIANTS; count += 1) {
    variantIds.push((await givenForSale(api.shopA, { onHand: 100_000 })).variantId);
  }
});
afterAll(() => Promise.all([api.close(), otherApi.close()]));

interface Answered {
  readonly id: string;
  readonly code?: string;
  readonly checkoutId?: string;
}

function post(cartId: string, { key, at = api }: { key?: string; at?: TestApi } = {}) {
  keys += 1;
  const headers = { 'x-api-key': api.shopB.apiKey, 'idempotency-key': key ?? `race-${keys}` };
  return at.anonymous.post<Answered>('/v1/checkouts', { cartId }, headers);
}

async function givenFilled(quantity = 2) {
  const lines = [{ variantId: variantIds[0] ?? '', quantity }];
  const path = await givenCart(api.shopB, lines);
  return { path, cartId: path.slice('/v1/carts/'.length) };
}

const findCheckouts = (cartId: string) =>
  api.context.store.checkouts.find<CheckoutRecord>({ cartId }).toArray();

const PARALLEL = 100;
const ROUNDS = promiseRuns(20, 1);

test(`one of ${PARALLEL} concurrent checkouts of a cart is accepted, and the others get its id (${ROUNDS} rounds)`, async () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { cartId } = await givenFilled();
    const answers = await Promise.all(
      Array.from({ length: PARALLEL }, (_, index) =>
        post(cartId, { at: index % 2 === 0 ? api : otherApi }),
      ),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted).toHaveLength(1);
    const others = answers.filter(({ status }) => status !== 202);
    for (const { status, body } of others) {
      const checkoutId = accepted[0]?.body.id;
      expect([status, body]).toEqual([
        409,
        expect.objectContaining({ code: 'cart_checked_out', checkoutId }),
      ]);
    }
    expect(await findCheckouts(cartId)).toHaveLength(1);
  }
});

const CROWD = 250;

test(`one of ${CROWD} concurrent checkouts of a cart is accepted although the mutex queue is full; if all have one key, all get its response`, async () => {
  const { cartId } = await givenFilled();
  const answers = await Promise.all(Array.from({ length: CROWD }, () => post(cartId)));
  const checkoutId = answers.find(({ status }) => status === 202)?.body.id;
  for (const { status, body } of answers.filter((answer) => answer.status !== 202)) {
    expect([status, body]).toMatchObject([409, { code: 'cart_checked_out', checkoutId }]);
  }
  expect(await findCheckouts(cartId)).toHaveLength(1);
  const repeated = await givenFilled();
  const same = await Promise.all(
    Array.from({ length: CROWD }, () => post(repeated.cartId, { key: 'crowd' })),
  );
  const responses = new Set(same.map(({ status, body }) => `${status} ${body.id}`));
  expect([...responses]).toEqual([`202 ${same[0]?.body.id}`]);
});

test('a checkout is accepted although another process changes the cart all the time', async () => {
  const REPEATS_MAX = 10;
  const { path, cartId } = await givenFilled();
  const elsewhere = { ...api.shopB, ...apiClient(otherApi.url, api.shopB.apiKey) };
  let isAccepted = false;
  let writes = 0;
  const writer = async () => {
    while (!isAccepted && writes < 5_000) {
      writes += 1;
      await putLine(elsewhere, path, variantIds[0] ?? '', 1 + (writes % 5));
    }
  };
  // The tries of one request are bounded. On a busy machine the request is refused, and the test
  // repeats it with its key.
  const repeat = async () => {
    const key = 'always-changed';
    let answer = await post(cartId, { key });
    for (let repeats = 0; answer.status === 503 && repeats < REPEATS_MAX; repeats += 1) {
      expect(answer.body).toMatchObject({ code: 'overloaded', reason: 'cart_contention' });
      answer = await post(cartId, { key });
    }
    return answer;
  };
  const accepting = repeat().finally(() => {
    isAccepted = true;
  });
  await Promise.all([writer(), writer(), accepting]);
  expect(await accepting).toMatchObject({ status: 202 });
  expect(await findCheckouts(cartId)).toHaveLength(1);
});

test('20 concurrent checkouts with one key get the same response, and one is stored', async () => {
  const { cartId } = await givenFilled();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      post(cartId, { key: 'one-for-all', at: index % 2 === 0 ? api : otherApi }),
    ),
  );
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 202, body: answers[0]?.body });
  }
  expect(await findCheckouts(cartId)).toHaveLength(1);
});

const RACES = promiseRuns(200, 15);

test(`a change during a checkout is either included or refused (${RACES} races)`, async () => {
  const variantId = variantIds[0] ?? '';
  const counts = { included: 0, refused: 0 };
  for (let race = 0; race < RACES; race += 1) {
    const { cartId, path } = await givenFilled(1);
    const writes = Array.from({ length: 4 }, (_, variant) => ({
      ...{ kind: 'add' as const, variant, quantity: race + variant + 1 },
    }));
    const writing = writes.map(async (write) => ({
      write,
      answer: await send(api.shopB, path, write, variantIds),
    }));
    const checkout = await post(cartId, { at: race % 2 === 0 ? api : otherApi });
    const answers = await Promise.all(writing);
    expect(checkout.status).toBe(202);
    const written = answers.filter(({ answer }) => answer.status === 200);
    const refused = answers.filter(({ answer }) => answer.status === 409);
    expect(written.length + refused.length).toBe(writes.length);
    for (const { answer } of refused) {
      expect(answer.body).toMatchObject({
        ...{ code: 'cart_checked_out', checkoutId: checkout.body.id },
      });
    }
    const { units } = replay(written, variantIds);
    const expected = { ...units, [variantId]: 1 + (units[variantId] ?? 0) };
    const [record] = await findCheckouts(cartId);
    const storedLines = record?.lines.map((line) => [line.variantId, line.quantity]) ?? [];
    expect(Object.fromEntries(storedLines)).toEqual(expected);
    counts.included += written.length;
    counts.refused += refused.length;
  }
  // The races prove nothing unless some changes were included and some were refused.
  expect(Math.min(counts.included, counts.refused)).toBeGreaterThan(0);
});

test('a parked checkout releases its cart, and cannot be replayed once the cart has changed', async () => {
  const { cartId, path } = await givenFilled();
  const { ledger } = api.context;
  const { body: first } = await post(cartId);
  await parkCheckout(ledger, first.id, 'for a test');
  expect((await api.shopB.get<ShownCart>(path)).body.checkoutStatus).toBe('failed');
  // An operator can replay the checkout while the cart is unchanged.
  expect(await unparkCheckout(ledger, first.id)).toBe(true);
  expect((await putLine(api.shopB, path, variantIds[0] ?? '', 1)).status).toBe(409);
  await parkCheckout(ledger, first.id, 'for a test');
  expect((await putLine(api.shopB, path, variantIds[0] ?? '', 1)).status).toBe(200);
  await expect(unparkCheckout(ledger, first.id)).rejects.toMatchObject({ code: 'cart_changed' });
  const { body: second } = await post(cartId);
  await expect(unparkCheckout(ledger, first.id)).rejects.toMatchObject({ code: 'cart_changed' });
  expect(await settleCheckouts(ledger, [first.id, second.id])).toMatchObject([
    { checkoutId: first.id, status: 'failed' },
    { checkoutId: second.id, status: 'placed' },
  ]);
});

test('a parked checkout whose cart was deleted can be replayed', async () => {
  const { cartId, path } = await givenFilled();
  const { ledger } = api.context;
  const { body } = await post(cartId);
  await parkCheckout(ledger, body.id, 'for a test');
  await api.shopB.send('DELETE', path);
  expect(await unparkCheckout(ledger, body.id)).toBe(true);
  expect(await settleCheckouts(ledger, [body.id])).toMatchObject([{ status: 'placed' }]);
});
