import { expect, test } from 'vitest';
import type { ApiAnswer } from '../system/api.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { buyInvoice } from './buy-invoice.ts';
import type { Invoice } from './csv/invoices.ts';

const invoice: Invoice = {
  index: 0,
  id: 'C 1/ü',
  at: 0,
  buyerId: '17850',
  units: new Map([
    ['A', 3],
    ['B', 80_995],
  ]),
  rows: 3,
};
const product = { productId: 'prd_1', shopId: 'shp_1', isPublished: true, isNew: false };
const assortment = new Map([
  ['A', { ...product, sku: 'A', variantId: 'var_a' }],
  ['B', { ...product, sku: 'B', variantId: 'var_b' }],
]);
const accepted: ApiAnswer = { status: 202, body: { id: 'chk_1' } };
const outcome = (body: Record<string, unknown>): ApiAnswer => ({ status: 200, body });

function startBuying(answers: readonly ApiAnswer[]) {
  const { api, requests } = fakeApi((_, count) => answers[count - 1] ?? { status: 500, body: {} });
  return { requests, result: buyInvoice({ api, runId: 'run', assortment }, invoice) };
}

test('posts one checkout per invoice with a key from the run and confirms its orders', async () => {
  const placed = outcome({ status: 'placed', orders: [{ id: 'ord_1' }] });
  const queued = outcome({ status: 'queued', orders: [] });
  const { requests, result } = startBuying([accepted, queued, placed, { status: 200, body: {} }]);
  expect(await result).toEqual({ kind: 'placed', confirmed: 1, unconfirmed: 0, refusals: [] });
  expect(requests[0]).toEqual({
    method: 'POST',
    path: '/v1/checkouts',
    idempotencyKey: 'replay-run-C%201%2F%C3%BC',
    body: {
      buyerId: '17850',
      lines: [
        { variantId: 'var_a', quantity: 3 },
        { variantId: 'var_b', quantity: 80_995 },
      ],
    },
    waitS: 30,
  });
  expect(requests.slice(1).map(({ path, waitS }) => [path, waitS])).toEqual([
    ['/v1/checkouts/chk_1', 30],
    ['/v1/checkouts/chk_1', 30],
    ['/v1/orders/ord_1/confirm', undefined],
  ]);
});

test('does not request the outcome if the response to the checkout contains it', async () => {
  const placed = outcome({ id: 'chk_1', status: 'placed', orders: [{ id: 'ord_1' }] });
  const { requests, result } = startBuying([placed, { status: 200, body: {} }]);
  expect(await result).toEqual({ kind: 'placed', confirmed: 1, unconfirmed: 0, refusals: [] });
  expect(requests.map(({ path }) => path)).toEqual(['/v1/checkouts', '/v1/orders/ord_1/confirm']);
});

test('reports an order that can no longer be confirmed', async () => {
  const placed = outcome({ status: 'placed', orders: [{ id: 'ord_1' }] });
  const expired = { code: 'invalid_transition', from: 'expired' };
  const { result } = startBuying([accepted, placed, { status: 409, body: expired }]);
  const unconfirmed = { kind: 'placed', confirmed: 0, unconfirmed: 1, refusals: [] };
  expect(await result).toEqual(unconfirmed);
});

test('any other answer to a confirmation is a refusal', async () => {
  const orders = [{ id: 'ord_1' }, { id: 'ord_2' }, { id: 'ord_3' }];
  const answers = [
    { status: 403, body: { code: 'missing_scope' } },
    { status: 409, body: { code: 'cart_changed' } },
    { status: 500, body: {} },
  ];
  const { result } = startBuying([accepted, outcome({ status: 'placed', orders }), ...answers]);
  const refusals = ['403 missing_scope', '409 cart_changed', '500'];
  expect(await result).toEqual({ kind: 'placed', confirmed: 0, unconfirmed: 0, refusals });
});

test('reports the code of a rejection', async () => {
  const rejected = outcome({ status: 'rejected', orders: [], rejection: { code: 'out_of_stock' } });
  expect(await startBuying([accepted, rejected]).result).toEqual({
    kind: 'rejected',
    code: 'out_of_stock',
  });
});

test('a checkout that is parked or never gets an outcome has failed', async () => {
  expect(await startBuying([accepted, outcome({ status: 'failed' })]).result).toEqual({
    kind: 'failed',
  });
  const queued = Array.from({ length: 20 }, () => outcome({ status: 'queued' }));
  const { requests, result } = startBuying([accepted, ...queued]);
  expect(await result).toEqual({ kind: 'failed' });
  expect(requests).toHaveLength(11);
});

test('reports the response of a refused checkout', async () => {
  const body = { code: 'unknown_variant', detail: 'There is no such variant.' };
  expect(await startBuying([{ status: 422, body }]).result).toEqual({
    kind: 'refused',
    answer: '422 unknown_variant There is no such variant.',
  });
});
