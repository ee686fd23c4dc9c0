import { expect, test } from 'vitest';
import { givenVariants } from '../../../shared/testing/builders.ts';
import { rawCollection } from '../../../shared/testing/raw-collection.ts';
import { openTestApi } from '../../testing/start-test-api.ts';
import { callOps } from '../testing/ops-calls.ts';

const api = await openTestApi();

test('differences between counters and the record are described and not repaired', async () => {
  const { store } = api.context;
  const [lamp] = await givenVariants(store, [{ onHand: 3 }]);
  const find = () => callOps(api.url, { method: 'GET', path: '/ops/differences' });
  expect((await find()).body).toEqual({ count: 0, items: [] });
  await rawCollection(store, 'stock').updateOne({ _id: lamp.variantId }, { $inc: { onHand: 1 } });
  const description = 'onHand is 4, but its records add up to 3';
  const expected = { count: 1, items: [{ id: lamp.variantId, kind: 'counter', description }] };
  expect((await find()).body).toEqual(expected);
  const answers = await Promise.all(Array.from({ length: 5 }, find));
  for (const { body } of answers) expect(body).toEqual(expected);
});
