import { RefusedError } from '../../shared/domain/errors.ts';
import { readOwnShop } from '../access/accounts/account-store.ts';
import { auditVisibleTo } from '../access/visibility.ts';
import { listOwnAudit } from '../audit/audit-store.ts';
import { auditEntry } from '../audit/schemas.ts';
import { everyCaller, shopsOnly } from '../http/access.ts';
import { idParams } from '../http/id-list.ts';
import { pageQueryOnly, toPage } from '../http/paging.ts';
import { routesWith } from '../http/route.ts';
import { changeShop, type ShopsContext } from './change-shop.ts';
import { presentShop, publicShop, shop, shopChanges } from './schemas.ts';
import { readShopNames } from './shop-names.ts';

const route = routesWith<ShopsContext>();
const own = { path: '/v1/shop', tag: 'access', access: shopsOnly } as const;

export const getShop = route(
  {
    ...own,
    method: 'get',
    operationId: 'shop.get',
    summary: 'Get the caller’s shop',
    description: 'The answer includes the e-mail address for logins.',
    responses: { 200: { description: 'The shop.', schema: shop } },
  },
  async ({ context, principal }) => {
    return { status: 200, body: presentShop(await readOwnShop(context.store, principal)) };
  },
);

export const patchShop = route(
  {
    ...own,
    method: 'patch',
    operationId: 'shop.update',
    summary: 'Update the caller’s shop',
    description: 'Omitted fields are not changed. A new e-mail address requires the password.',
    body: shopChanges,
    responses: {
      200: { description: 'The updated shop.', schema: shop },
      400: { description: 'Bad input.' },
      401: { description: 'No valid token, or a wrong password.' },
      409: { description: 'Another shop has the e-mail address (`email_taken`).' },
      429: { description: 'Too many wrong passwords.', headers: { 'Retry-After': 'Seconds.' } },
    },
  },
  async (input) => {
    const changed = await changeShop(input, input.body);
    return { status: 200, body: presentShop(changed) };
  },
);

export const getShopAudit = route(
  {
    ...own,
    method: 'get',
    path: '/v1/shop/audit',
    operationId: 'shop.listAudit',
    summary: 'List audit entries of the shop',
    description:
      'Logins, including refused logins; changes of the shop, its sessions, keys, listed storefronts, ' +
      'products, stock, discounts, draws and webhooks; changes of orders, except moves by a key; ' +
      'withdrawals except by a key; and erased buyers. Newest first. Entries are never changed or ' +
      'deleted.',
    query: pageQueryOnly,
    responses: {
      200: { description: 'A page.', schema: toPage(auditEntry) },
      400: { description: 'Bad input, or a cursor of another list.' },
    },
  },
  async ({ context, principal, query }) => {
    const page = { list: 'audit', ...query };
    return {
      status: 200,
      body: await listOwnAudit(context.store, auditVisibleTo(principal), page),
    };
  },
);

export const getPublicShop = route(
  {
    method: 'get',
    path: '/v1/shops/{id}',
    operationId: 'shops.get',
    tag: 'catalog',
    summary: 'Get the public record of a shop',
    description: 'The name of a shop, to show in carts and checkouts that span several shops.',
    access: everyCaller('catalog:read'),
    params: idParams,
    responses: {
      200: { description: 'The shop.', schema: publicShop },
      404: { description: 'No such shop.' },
    },
  },
  async ({ context, params: { id } }) => {
    const name = (await readShopNames(context.store, [id])).get(id);
    if (name === undefined) throw new RefusedError('not_found', 'There is no such shop.');
    return { status: 200, body: { id, name } };
  },
);
