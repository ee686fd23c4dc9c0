import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import { readOwnShop } from '../access/accounts/account-store.ts';
import { checkPassword } from '../access/passwords/check-password.ts';
import { shopVisibleTo } from '../access/visibility.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { ShopsContext } from './context.ts';

interface ShopChanges {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly openToStorefronts?: boolean | undefined;
  readonly currentPassword?: string | undefined;
}

/**
 * Changes the caller's shop. A new e-mail address requires the password, so that a stolen token
 * cannot take over the shop.
 * @throws RefusedError email_taken, wrong_credentials, too_many_guesses or invalid_request
 */
export async function changeShop(
  caller: AuditedCaller<ShopsContext>,
  { name, email, openToStorefronts, currentPassword }: ShopChanges,
): Promise<ShopRecord> {
  const { context, principal, address } = caller;
  const shop = await readOwnShop(context.store, principal);
  if (email !== undefined && email !== shop.email) {
    if (currentPassword === undefined) {
      throw refuseField(
        'invalid_request',
        'currentPassword',
        'Required to change the e-mail address.',
      );
    }
    const isRight = await checkPassword(context, shop, currentPassword, address);
    if (!isRight) throw new RefusedError('wrong_credentials', 'The password is wrong.');
  }
  const changes = {
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(openToStorefronts !== undefined && { openToStorefronts }),
  };
  const written = context.store.shops.updateOne(shopVisibleTo(principal), { $set: changes });
  try {
    await withDeadline('changing a shop', WRITE_TIMEOUT_MS, written);
  } catch (error) {
    if (!isDuplicateKey(error, 'one_shop_per_email')) throw error;
    throw refuseField('email_taken', 'email', 'Another shop has this e-mail address.');
  }
  context.storefrontPolicies.forget(principal.shopId);
  const detail = {
    fields: Object.keys(changes),
    ...(openToStorefronts !== undefined && { openToStorefronts }),
  };
  await recordAudit(caller, 'shop.changed', { target: principal.shopId, detail });
  return { ...shop, ...changes };
}
