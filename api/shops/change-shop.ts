import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { pick } from '../../shared/domain/pick.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Store } from '../../shared/store/store.ts';
import { readOwnShop } from '../access/accounts/account-store.ts';
import type { AccessContext } from '../access/context.ts';
import { checkPassword } from '../access/passwords/check-password.ts';
import { shopVisibleTo } from '../access/visibility.ts';
import {
  type AuditContext,
  type AuditedCaller,
  recordAudit,
  toAuditRecord,
} from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { StorefrontPolicies } from '../storefronts/storefront-policies.ts';
import type { ShopChanges } from './schemas.ts';

/** The dependencies of shops. The password of a shop is checked before its e-mail address changes. */
export interface ShopsContext extends AuditContext, Pick<AccessContext, 'guesses' | 'passwords'> {
  readonly store: Store;
  readonly storefrontPolicies: StorefrontPolicies;
}

/**
 * Changes the caller's shop. A new e-mail address requires the password, so that a stolen token
 * cannot take over the shop.
 * @throws RefusedError email_taken, wrong_credentials, too_many_guesses, or invalid_request if a new
 * e-mail address comes without the password
 */
export async function changeShop(
  caller: AuditedCaller<ShopsContext>,
  { currentPassword, ...requested }: ShopChanges,
): Promise<ShopRecord> {
  const { context, principal, address } = caller;
  const { email } = requested;
  const shop = await readOwnShop(context.store, principal);
  if (email !== undefined && email !== shop.email) {
    if (currentPassword === undefined) {
      const message = 'Required to change the e-mail address.';
      throw refuseField('invalid_request', 'currentPassword', message);
    }
    const isPasswordRight = await checkPassword(context, shop, currentPassword, address);
    if (!isPasswordRight) {
      const detail = { fields: ['email'] };
      await recordAudit(caller, 'shop.changed', { target: shop._id, outcome: 'refused', detail });
      throw new RefusedError('wrong_credentials', 'The password is wrong.');
    }
  }
  const changes = pick(requested, 'name', 'email', 'openToStorefronts', 'heldShareMax');
  const detail = {
    fields: Object.keys(changes),
    ...pick(changes, 'openToStorefronts', 'heldShareMax'),
  };
  const writing = inAuditedTransaction(
    context.store,
    (session) =>
      context.store.shops.updateOne(shopVisibleTo(principal), { $set: changes }, { session }),
    () => toAuditRecord(caller, 'shop.changed', { target: principal.shopId, detail }),
  );
  try {
    await withDeadline('changing a shop', WRITE_TIMEOUT_MS, writing);
  } catch (error) {
    if (!isDuplicateKey(error, 'one_shop_per_email')) throw error;
    throw refuseField('email_taken', 'email', 'Another shop has this e-mail address.');
  }
  context.storefrontPolicies.forget(principal.shopId);
  return { ...shop, ...changes };
}
