import { STOREFRONTS_PER_SHOP_MAX } from '../../shared/contract/limits.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import type { ListedStorefront } from '../../shared/domain/storefront-rights.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { ShopRecord } from '../../shared/store/collections/shops.ts';
import { readOwnShop } from '../access/accounts/account-store.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import type { StorefrontsContext } from './context.ts';
import type { StorefrontRequest } from './schemas.ts';
import { addListing, type Partner, updateListing } from './storefront-store.ts';

/** Another request may list or remove the same storefront between the two writes. */
const TRIES_MAX = 5;

interface Listed {
  readonly listed: ListedStorefront;
  readonly isNew: boolean;
}

/**
 * Lists a storefront, or changes the rights of a listed one. The rights apply at once in this
 * process, and within a second in the others.
 * @throws RefusedError invalid_request for the shop itself or its own keys, unknown_storefront, or
 * too_many_storefronts
 */
export async function listStorefront(
  caller: AuditedCaller<StorefrontsContext>,
  { shopId, keyId, maySell, mayConfirm }: StorefrontRequest,
): Promise<Listed> {
  const { context, principal } = caller;
  const partner: Partner = shopId === undefined ? { keyId: keyId ?? '' } : { shopId };
  await checkPartner(context, principal, partner);
  const rights = { maySell, mayConfirm };
  const written = write(context, principal, partner, rights);
  const done = await withDeadline('listing a storefront', WRITE_TIMEOUT_MS, written);
  context.storefrontPolicies.forget(principal.shopId);
  const detail = { ...partner, ...rights };
  await recordAudit(caller, 'storefront.listed', { target: done.listed.id, detail });
  return done;
}

async function write(
  { store, clock }: StorefrontsContext,
  principal: Principal,
  partner: Partner,
  rights: Pick<ListedStorefront, 'maySell' | 'mayConfirm'>,
): Promise<Listed> {
  const listed = { id: newId('sft'), ...partner, ...rights, createdAt: clock.now() };
  const message = `A shop can list at most ${STOREFRONTS_PER_SHOP_MAX} storefronts.`;
  const tooMany = new RefusedError('too_many_storefronts', message);
  const written = await retryOnConflict({ triesMax: TRIES_MAX }, async () => {
    const changed = await updateListing(store, principal, partner, rights);
    if (changed !== undefined) return { listed: changed, isNew: false };
    if (await addListing(store, principal, partner, listed)) return { listed, isNew: true };
    const { storefronts = [] }: ShopRecord = await readOwnShop(store, principal);
    if (storefronts.length >= STOREFRONTS_PER_SHOP_MAX) throw tooMany;
    return undefined;
  });
  if (written !== undefined) return written;
  throw tooMany;
}

/** Refuses ids that do not exist, because a misspelt id would silently have no effect. */
async function checkPartner(
  { store }: StorefrontsContext,
  principal: Principal,
  partner: Partner,
): Promise<void> {
  const [path] = Object.keys(partner);
  const shopId =
    'shopId' in partner
      ? (
          await store.shops.findOne(
            { _id: partner.shopId },
            { projection: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS },
          )
        )?._id
      : await findKeyOwner({ store }, partner.keyId);
  if (shopId === undefined) {
    throw refuseField('unknown_storefront', String(path), 'There is no such storefront.');
  }
  if (shopId !== principal.shopId) return;
  const message = 'A shop’s own keys need no listing: their scopes decide what they may do.';
  throw refuseField('invalid_request', String(path), message);
}

async function findKeyOwner(
  { store }: Pick<StorefrontsContext, 'store'>,
  keyId: string,
): Promise<string | undefined> {
  const key = await store.apiKeys.findOne(
    { _id: keyId, revokedAt: { $exists: false } },
    { projection: { shopId: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  return key?.shopId;
}
