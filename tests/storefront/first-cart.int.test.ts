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
  const variantIds = ['var_unknown', variantId, variantId, variantId];
  const answers = await Promise.all(variantIds.map((id) => post('/cart', { variantId: id })));
  expect(answers.map(({ status }) => status)).toEqual([409, 303, 303, 303]);
  // The refused request came first, so the next one created the cart.
  expect(created).toEqual(['POST', 'POST']);
  expect(await read('/cart')).toContain('<td>3</td>');
});
