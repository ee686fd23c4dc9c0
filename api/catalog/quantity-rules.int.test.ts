import { expect, test } from 'vitest';
import { productRequest, type ShownProduct, variantRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

const create = (quantityRule: unknown) =>
  api.shopA.post<ShownProduct & { errors?: { path: string }[] }>(
    '/v1/products',
    productRequest({ variants: [variantRequest(), variantRequest({ quantityRule })] }),
  );

test('a variant shows its quantity rule until the rule is removed', async () => {
  const quantityRule = { min: 6, max: 24, step: 6 };
  const { status, body } = await create(quantityRule);
  expect([status, body.variants[1]]).toMatchObject([201, { quantityRule }]);
  expect(body.variants[0]).not.toHaveProperty('quantityRule');
  const path = `/v1/products/${body.id}`;
  expect((await api.shopA.get(path)).body).toMatchObject({ variants: [{}, { quantityRule }] });
  const variants = body.variants.map(({ available: _, ...variant }) => ({
    ...{ ...variant, quantityRule: undefined },
  }));
  const changed = await api.shopA.send<ShownProduct>('PATCH', path, { variants });
  expect(changed.status).toBe(200);
  expect(changed.body.variants[1]).not.toHaveProperty('quantityRule');
});

test.each<[string, unknown, string]>([
  ['with a min of 0', { min: 0 }, 'min'],
  ['with a step of 0', { step: 0 }, 'step'],
  ['with a step of half a unit', { step: 0.5 }, 'step'],
  ['with a max above the maximum of a line', { max: 1_000_001 }, 'max'],
  ['that no quantity can meet', { min: 5, max: 4 }, 'max'],
  ['whose min is not a multiple of its step', { min: 5, step: 2 }, 'min'],
  ['whose max is not a multiple of its step', { max: 5, step: 2 }, 'max'],
  ['with an unknown field', { step: 2, packs: true }, 'packs'],
])('a rule %s is refused', async (_, quantityRule, field) => {
  const { status, body } = await create(quantityRule);
  expect(status).toBe(400);
  expect(body.errors?.map(({ path }) => path)).toEqual([`variants.1.quantityRule.${field}`]);
});
