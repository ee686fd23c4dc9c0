import { expect, test } from 'vitest';
import { auditOf, givenSeller, logIn, signupRequest } from '../testing/sessions.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();

test('a shop reads its own record, without secrets', async () => {
  const seller = await givenSeller(api);
  expect((await seller.get('/v1/shop')).body).toEqual({
    id: seller.shopId,
    name: expect.stringMatching(/^Shop /),
    email: seller.email,
    openToStorefronts: true,
    heldShareMax: 1,
    createdAt: expect.stringMatching(/Z$/),
  });
});

test('a new name takes effect at once and has an audit entry', async () => {
  const seller = await givenSeller(api);
  expect(await seller.send('PATCH', '/v1/shop', { name: ' Ana & Bob ' })).toMatchObject({
    status: 200,
    body: { name: 'Ana & Bob', email: seller.email },
  });
  expect((await seller.get('/v1/shop')).body).toMatchObject({ name: 'Ana & Bob' });
  expect((await auditOf(seller))[0]).toMatchObject({
    action: 'shop.changed',
    target: seller.shopId,
    detail: { fields: ['name'] },
  });
});

test('a new e-mail address requires the password', async () => {
  const seller = await givenSeller(api);
  const { email } = signupRequest();
  const change = (body: object) => seller.send('PATCH', '/v1/shop', body);
  expect(await change({ email })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'currentPassword' }] },
  });
  expect(await change({ email, currentPassword: 'not this one' })).toMatchObject({
    status: 401,
    body: { code: 'wrong_credentials' },
  });
  expect((await auditOf(seller))[0]).toMatchObject({
    action: 'shop.changed',
    outcome: 'refused',
    detail: { fields: ['email'] },
  });
  const { password: currentPassword } = seller;
  expect(await change({ email: email.toUpperCase(), currentPassword })).toMatchObject({
    status: 200,
    body: { email },
  });
  const { email: oldEmail, password } = seller;
  expect((await api.anonymous.post('/v1/auth/login', { email: oldEmail, password })).status).toBe(
    401,
  );
  expect(await logIn(api, { email, password })).toHaveProperty('accessToken');
});

test('the e-mail address of another shop is refused', async () => {
  const [seller, other] = [await givenSeller(api), await givenSeller(api)];
  const body = { email: other.email, currentPassword: seller.password };
  expect(await seller.send('PATCH', '/v1/shop', body)).toMatchObject({
    status: 409,
    body: { code: 'email_taken' },
  });
});

test.each([
  ['no change', {}],
  ['a password only', { currentPassword: 'x' }],
  ['an empty name', { name: '' }],
  ['a MongoDB operator', { name: { $set: { email: 'x' } } }],
  ['an invalid e-mail', { email: 'x' }],
  ['an id', { id: 'shp_1' }],
  ['a password hash', { passwordHash: 'x' }],
])('a request with %s is refused', async (_, body) => {
  const seller = await givenSeller(api);
  expect((await seller.send('PATCH', '/v1/shop', body)).status).toBe(400);
});
