import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import { STOREFRONTS_PER_SHOP_MAX } from '../../shared/contract/limits.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import type { ListedStorefront, StorefrontRights } from '../../shared/domain/storefront-rights.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import { retryOnConflict } from '../../shared/runtime/retry-on-conflict.ts';
import type { Session, Store } from '../../shared/store/store.ts';
import { readOwnShop } from '../access/accounts/account-store.ts';
import { type AuditContext, type AuditedCaller, toAuditRecord } from '../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import type { StorefrontRequest } from './schemas.ts';
import type { StorefrontPolicies } from './storefront-policies.ts';
import { addListing, type Partner, removeListing, updateListing } from './storefront-store.ts';

/** A try fails if it finds the list full and another request then removes a storefront. */
const TRIES_MAX = 5;

/** The dependencies of the routes that list storefronts. */
export interface StorefrontsContext extends AuditContext {
  readonly store: Store;
  readonly storefrontPolicies: StorefrontPolicies;
}

interface Listed {
  readonly listed: ListedStorefront;
  /** False if the storefront was listed before, so that only its rights were changed. */
  readonly isNew: boolean;
}

/**
 * Lists a storefront, or changes the rights of a listed storefront. The right to sell changes at
 * once in this process, and within a second in the others. The right to confirm changes at once in
 * all processes.
 * @throws RefusedError invalid_request for the shop itself or its own keys, unknown_storefront,
 *   too_many_storefronts, or overloaded if too many requests change the list
 */
export async function listStorefront(
  caller: AuditedCaller<StorefrontsContext>,
  { shopId, keyId, maySell, mayConfirm }: StorefrontRequest,
): Promise<Listed> {
  const { context, principal } = caller;
  const partner: Partner = shopId === undefined ? { keyId: keyId ?? '' } : { shopId };
  await checkPartner(context, principal, partner);
  const rights = { maySell, mayConfirm };
  const writing = writeListing(caller, partner, rights);
  const result = await withDeadline('listing a storefront', WRITE_TIMEOUT_MS, writing);
  context.storefrontPolicies.forget(principal.shopId);
  return result;
}

/**
 * Removes a storefront from the shop's list. The rights of an unlisted storefront apply to sales at
 * once in this process, and within a second in the others. Confirmations are refused at once in all
 * processes.
 * @throws RefusedError not_found
 */
export async function unlistStorefront(
  caller: AuditedCaller<StorefrontsContext>,
  id: string,
): Promise<void> {
  const { context, principal } = caller;
  const removing = inAuditedTransaction(
    context.store,
    (session) => removeListing(context.store, principal, id, session),
    ({ shopId, keyId }) =>
      toAuditRecord(caller, 'storefront.unlisted', { target: id, detail: { shopId, keyId } }),
  );
  const removed = await withDeadline('removing a storefront', WRITE_TIMEOUT_MS, removing);
  if (removed === undefined) throw new RefusedError('not_found', 'There is no such storefront.');
  context.storefrontPolicies.forget(principal.shopId);
}

async function writeListing(
  caller: AuditedCaller<StorefrontsContext>,
  partner: Partner,
  rights: StorefrontRights,
): Promise<Listed> {
  const { context, principal } = caller;
  const { store, clock } = context;
  const listed = { id: newId('sft'), ...partner, ...rights, createdAt: clock.now() };
  const write = async (session: Session): Promise<Listed | undefined> => {
    const changed = await updateListing(store, principal, partner, rights, session);
    if (changed !== undefined) return { listed: changed, isNew: false };
    const isAdded = await addListing(store, principal, partner, listed, session);
    return isAdded ? { listed, isNew: true } : undefined;
  };
  const written = await retryOnConflict({ triesMax: TRIES_MAX }, async () => {
    const result = await inAuditedTransaction(store, write, ({ listed: { id: target } }) =>
      toAuditRecord(caller, 'storefront.listed', { target, detail: { ...partner, ...rights } }),
    );
    if (result !== undefined) return result;
    const { storefronts = [] } = await readOwnShop(store, principal);
    if (storefronts.length < STOREFRONTS_PER_SHOP_MAX) return undefined;
    const detail = `A shop can list at most ${STOREFRONTS_PER_SHOP_MAX} storefronts.`;
    throw new RefusedError('too_many_storefronts', detail);
  });
  if (written !== undefined) return written;
  const detail = 'Too many requests change this list at the same time. Try again.';
  throw new RefusedError('overloaded', detail, [], { reason: 'storefront_contention' });
}

/**
 * Checks that the storefront is not the shop's own, and that it exists, because a misspelt id would
 * silently have no effect.
 * @throws RefusedError unknown_storefront or invalid_request
 */
async function checkPartner(
  context: Pick<StorefrontsContext, 'store'>,
  principal: Principal,
  partner: Partner,
): Promise<void> {
  const [path] = Object.keys(partner);
  const shopId = await findPartnerShop(context, partner);
  if (shopId === undefined) {
    throw refuseField('unknown_storefront', String(path), 'There is no such storefront.');
  }
  if (shopId !== principal.shopId) return;
  const message = 'A shop’s own keys need no listing: their scopes decide what they may do.';
  throw refuseField('invalid_request', String(path), message);
}

/**
 * Finds the shop of a storefront; undefined if the shop does not exist, or if the key does not
 * exist or is revoked.
 */
async function findPartnerShop(
  { store }: Pick<StorefrontsContext, 'store'>,
  partner: Partner,
): Promise<string | undefined> {
  const options = { projection: { shopId: 1 }, maxTimeMS: READ_TIMEOUT_MS };
  if ('shopId' in partner) {
    const shop = await store.shops.findOne({ _id: partner.shopId }, options);
    return shop?._id;
  }
  const notRevoked = { revokedAt: { $exists: false } };
  const key = await store.apiKeys.findOne({ _id: partner.keyId, ...notRevoked }, options);
  return key?.shopId;
}
