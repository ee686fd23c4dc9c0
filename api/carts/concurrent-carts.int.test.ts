import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiClient } from '../../shared/testing/api-client.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { givenForSale } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { anyWrite, CART_VARIANTS, replay, send } from './testing/cart-model.ts';
import { givenCart, putLine, readRevision, type ShownCart, toUnits } from './testing/shown-cart.ts';

const namespace = testNamespace();
const variantIds: string[] = [];
let api: TestApi;
/** Another process of the same system. */
let otherApi: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace);
  otherApi = await startTestApi(namespace, { secrets: api.context.config.secrets });
  for (let count = 0; count < CART_VARIANTS; count += 1) {
    variantIds.push((await givenForSale(api.shopA, { onHand: 10_000 })).variantId);
  }
});
afterAll(() => Promise.all([api.close(), otherApi.close()]));

const read = async (path: string) => (await api.shopB.get<ShownCart>(path)).body;

test('concurrent changes of different lines are all kept', async () => {
  const path = await givenCart(api.shopB);
  const puts = variantIds.flatMap((variantId, index) =>
    Array.from({ length: 4 }, () => putLine(api.shopB, path, variantId, index + 1)),
  );
  expect((await Promise.all(puts)).map(({ status }) => status)).toEqual(puts.map(() => 200));
  const expected = Object.fromEntries(variantIds.map((variantId, index) => [variantId, index + 1]));
  expect(toUnits(await read(path))).toEqual(expected);
});

test('50 concurrent additions of one unit result in 50 units', async () => {
  const path = await givenCart(api.shopB);
  const line = { variantId: variantIds[0], quantity: 1 };
  const adding = Array.from({ length: 50 }, () => api.shopB.post(`${path}/lines`, line));
  expect((await Promise.all(adding)).map(({ status }) => status)).toEqual(Array(50).fill(200));
  expect(toUnits(await read(path))).toEqual({ [line.variantId ?? '']: 50 });
});

test('exactly one of 20 concurrent changes with the same If-Match succeeds', async () => {
  const path = await givenCart(api.shopB);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      putLine(api.shopB, path, variantIds[0] ?? '', index + 1, { 'if-match': '"r1"' }),
    ),
  );
  const accepted = answers.filter(({ status }) => status === 200);
  expect(accepted).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
  expect(toUnits(await read(path))).toEqual(toUnits(accepted[0]?.body ?? { lines: [] }));
});

const RUNS = promiseRuns(200, 8);

test(`a cart equals the result of its acknowledged changes in the order of revisions (${RUNS} runs)`, async () => {
  const writers = fc.array(fc.array(anyWrite(), { minLength: 1, maxLength: 4 }), {
    ...{ minLength: 1, maxLength: 6 },
  });
  await fc.assert(
    fc.asyncProperty(writers, async (writesByWriter) => {
      const path = await givenCart(api.shopB);
      const answers = await Promise.all(
        writesByWriter.map(async (writes, writer) => {
          // The writers use both processes with the same key.
          const storefront = apiClient((writer % 2 === 0 ? api : otherApi).url, api.shopB.apiKey);
          const sent = [];
          for (const write of writes) {
            sent.push({ write, answer: await send(storefront, path, write, variantIds) });
          }
          return sent;
        }),
      );
      const acknowledged = answers.flat();
      expect(acknowledged.filter(({ answer }) => answer.status !== 200)).toEqual([]);
      const { units, steps } = replay(acknowledged, variantIds);
      for (const step of steps) expect(toUnits(step.answer.body)).toEqual(step.units);
      const changedRevisions = steps
        .filter(({ isNoop }) => !isNoop)
        .map(({ revision }) => revision);
      expect(changedRevisions).toEqual(changedRevisions.map((_, index) => index + 2));
      const final = await api.shopB.get<ShownCart>(path);
      expect(toUnits(final.body)).toEqual(units);
      expect(readRevision(final)).toBe(changedRevisions.length + 1);
      // The changes of each writer were applied in the order in which it sent them.
      for (const sent of answers) {
        const revisions = sent.map(({ answer }) => readRevision(answer));
        expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: RUNS },
  );
});
