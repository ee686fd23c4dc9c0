import { expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import { givenBuyer } from './given-buyer.ts';

const api = await openTestApi();

test('a buyer who sends the first addition several times gets one cart, also after a refusal', async () => {
  const { variantId } = await givenForSale(api.shopA);
  const created: (string | undefined)[] = [];
  const { post, read } = await givenBuyer(api, (target, init) => {
    if (target.endsWith('/v1/carts')) created.push(init.method);
    return fetch(target, init);
  });
  const refused = post('/cart', { variantId: 'var_unknown' });
  // The others come later, because requests over several connections have no order.
  await expect.poll(() => created).toHaveLength(1);
  const others = Array.from({ length: 3 }, () => post('/cart', { variantId }));
  const answers = await Promise.all([refused, ...others]);
  expect(answers.map(({ status }) => status)).toEqual([409, 303, 303, 303]);
  expect(created).toEqual(['POST', 'POST']);
  expect(await read('/cart')).toContain('<td>3</td>');
});
