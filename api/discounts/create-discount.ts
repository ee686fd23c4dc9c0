import { inAuditedTransaction } from '../../shared/audit/in-audited-transaction.ts';
import { checkOffer } from '../../shared/domain/discounts/check-offer.ts';
import { toCodeKey } from '../../shared/domain/discounts/terms.ts';
import { refuseField } from '../../shared/domain/errors.ts';
import { mergeMetadata } from '../../shared/domain/metadata.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Session } from '../../shared/store/store.ts';
import { discountsOwnedBy } from '../access/visibility.ts';
import { toAuditRecord } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkProducts, type DiscountChanger } from './change-discount.ts';
import { toOffer } from './offer.ts';
import type { DiscountRequest } from './schemas.ts';

/**
 * Creates a discount of the caller's shop.
 * @throws RefusedError invalid_request, unknown_product or code_taken; then nothing is stored
 */
export async function createDiscount(
  changer: DiscountChanger,
  request: DiscountRequest,
): Promise<DiscountRecord> {
  const { context, principal } = changer;
  const { store, clock } = context;
  const offer = toOffer(request);
  checkOffer(offer);
  await checkProducts(store, principal, request.appliesTo);
  const now = clock.now();
  const record: DiscountRecord = {
    _id: newId('dsc'),
    ...discountsOwnedBy(principal),
    code: request.code,
    codeKey: toCodeKey(request.code),
    ...offer,
    ...mergeMetadata(undefined, request.metadata),
    isActive: true,
    uses: 0,
    version: 0,
    revision: 0,
    createdAt: now,
    updatedAt: now,
  };
  const { _id: target, code } = record;
  const insert = (session: Session) => store.discounts.insertOne(record, { session });
  const storing = inAuditedTransaction(store, insert, () =>
    toAuditRecord(changer, 'discount.created', { target, detail: { code } }),
  );
  try {
    await withDeadline('storing a discount', WRITE_TIMEOUT_MS, storing);
  } catch (error) {
    if (!isDuplicateKey(error, 'one_active_discount_per_code')) throw error;
    const message = 'The shop already has a discount with this code that is not cancelled.';
    throw refuseField('code_taken', 'code', message);
  }
  return record;
}
