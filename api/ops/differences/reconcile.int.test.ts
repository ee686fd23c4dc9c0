import { beforeEach, expect, test, vi } from 'vitest';
import { givenVariants } from '../../../shared/testing/builders.ts';
import { rawCollection } from '../../../shared/testing/raw-collection.ts';
import { expectDocumented } from '../../testing/documented-answer.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { givenOperator } from '../testing/given-operator.ts';
import { asOperator, callOps } from '../testing/ops-calls.ts';
import { postReconcile } from './post-reconcile.ts';

const api = await openTestApi({ isOpsWritable: true });
const { store } = api.context;

/** The id of a variant whose counter is 4, while its movements add up to 3. */
let lamp: string;

beforeEach(async () => {
  const [variant] = await givenVariants(store, [{ onHand: 3 }]);
  lamp = variant.variantId;
  await rawCollection(store, 'stock').updateOne({ _id: lamp }, { $inc: { onHand: 1 } });
  return async () => {
    await reconcile();
  };
});

const reconcile = (headers: Readonly<Record<string, string>> = asOperator) =>
  callOps(api.url, { method: 'POST', path: '/ops/reconcile' }, headers);

const readOnHand = async () => (await store.stock.findOne({ _id: lamp }))?.onHand;
const readPage = async (headers: Readonly<Record<string, string>>) =>
  (await callOps(api.url, { method: 'GET', path: '/ops' }, headers)).text;
const auditOf = (id: string) =>
  store.audit.find({ action: 'ops.reconciled', 'actor.id': id }).toArray();

test('a counter is repaired, and the audit log names the operator', async () => {
  const { name, headers } = await givenOperator(api, 'admin');
  expect(await readPage(headers)).toMatch(/id="reconcile".*\n.*id="judge"/);
  const answer = await reconcile(headers);
  const counts = { differences: 1, repaired: 1, left: 0 };
  expect([answer.status, answer.body]).toEqual([
    200,
    { ...counts, repairedIds: [lamp], unrepairable: [], items: [] },
  ]);
  expectDocumented(postReconcile, answer);
  expect(await readOnHand()).toBe(3);
  expect(await auditOf(name)).toMatchObject([{ outcome: 'done', detail: counts }]);
  const movements = store.movements.find({ variantId: lamp, kind: 'reconcile' });
  expect(await movements.toArray()).toHaveLength(1);
});

test('concurrent requests repair once, and list the contradictions that cannot be repaired', async () => {
  const [tooFew] = await givenVariants(store, [{ onHand: 2 }]);
  await rawCollection(store, 'movements').updateOne(
    { variantId: tooFew.variantId },
    { $set: { 'delta.onHand': -5 } },
  );
  const answers = await Promise.all(Array.from({ length: 4 }, () => reconcile()));
  for (const { body } of answers) {
    expect(body).toMatchObject({ repaired: 1, repairedIds: [lamp] });
    expect(body['unrepairable']).toEqual([
      { id: tooFew.variantId, reason: expect.stringContaining('-5 on hand') },
    ]);
    expect(body['items']).toContainEqual(expect.objectContaining({ id: tooFew.variantId }));
  }
  const movements = store.movements.find({ variantId: lamp, kind: 'reconcile' });
  expect(await movements.toArray()).toHaveLength(1);
  await rawCollection(store, 'movements').updateOne(
    { variantId: tooFew.variantId },
    { $set: { 'delta.onHand': 2 } },
  );
});

test('a run that fails is audited as well', async () => {
  const { name, headers } = await givenOperator(api, 'admin');
  const run = vi.spyOn(api.context.ops, 'reconcile').mockRejectedValueOnce(new Error('no primary'));
  expect((await reconcile(headers)).status).toBe(500);
  run.mockRestore();
  expect(await auditOf(name)).toMatchObject([{ outcome: 'refused' }]);
});

test('a read-only operator can compare, but neither repair nor judge the whole record', async () => {
  const { headers } = await givenOperator(api, 'read-only');
  const page = await readPage(headers);
  expect(page).toContain('id="compare"');
  expect(page).not.toMatch(/id="(?:reconcile|judge)"/);
  const { status, body } = await reconcile(headers);
  expect([status, body['code']]).toEqual([403, 'ops_read_only']);
  expect(await readOnHand()).toBe(4);
});

test('a request from a page of another site repairs nothing', async () => {
  const { body } = await reconcile({ ...asOperator, origin: 'https://evil.example' });
  expect(body['code']).toBe('cross_site_request');
  expect(await readOnHand()).toBe(4);
});
