import { expect, test } from 'vitest';
import { discountRequest } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

test('a change of metadata sets and removes single keys, also together with a change of the offer', async () => {
  const request = discountRequest({ metadata: { campaign: 'spring', owner: 'kim' } });
  const { status, body } = await api.shopA.post<{ id: string }>('/v1/discounts', request);
  expect({ status, body }).toMatchObject({ status: 201, body: { metadata: request['metadata'] } });
  const path = `/v1/discounts/${body.id}`;
  const edited = await api.shopA.send('PATCH', path, {
    metadata: { owner: null, cost: '7' },
    value: 20,
  });
  expect(edited.body).toMatchObject({ metadata: { campaign: 'spring', cost: '7' }, value: 20 });
  const same = await api.shopA.send('PATCH', path, { metadata: { cost: '7' } });
  expect(same.headers.get('etag')).toBe(edited.headers.get('etag'));
  const emptied = await api.shopA.send('PATCH', path, { metadata: { campaign: null, cost: null } });
  expect(emptied.body).not.toHaveProperty('metadata');
  expect((await api.shopA.get(path)).body).toEqual(emptied.body);
});

test('metadata of a discount that has ended can be changed', async () => {
  const { store } = api.context;
  const { body } = await api.shopA.post<{ id: string }>('/v1/discounts', discountRequest());
  const startsAt = new Date(0);
  await store.discounts.updateOne({ _id: body.id }, { $set: { startsAt, endsAt: new Date(1) } });
  const answer = await api.shopA.send('PATCH', `/v1/discounts/${body.id}`, {
    metadata: { a: 'b' },
  });
  expect(answer).toMatchObject({ status: 200, body: { metadata: { a: 'b' }, status: 'ended' } });
});

test.each([{ metadata: { 'a.b': 'x' } }, { metadata: { a: 'x'.repeat(501) } }])(
  'a discount with %j is refused',
  async (changes) => {
    const answer = await api.shopA.post('/v1/discounts', discountRequest(changes));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  },
);
