import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { OrderRecord } from '../../../shared/store/collections/orders.ts';
import type { SearchRecord } from '../../../shared/store/collections/search.ts';

/** The fields that a search shows. */
export const SHOWN_FIELDS: Readonly<Record<string, 1>> = {
  checkoutId: 1,
  buyerId: 1,
  status: 1,
  rejection: 1,
  'lines.sku': 1,
  total: 1,
  currency: 1,
};

export type ShownCheckout = Pick<
  CheckoutRecord,
  '_id' | 'buyerId' | 'status' | 'rejection' | 'lines' | 'total' | 'currency'
>;
export type ShownOrder = Pick<
  OrderRecord,
  '_id' | 'checkoutId' | 'buyerId' | 'status' | 'lines' | 'total' | 'currency'
>;

export type ShownRecord = ShownCheckout | ShownOrder;

/** Presents a found checkout or order. */
export function presentRecord(kind: SearchRecord['kind'], at: Date, record: ShownRecord) {
  const { _id, buyerId, status, lines, total, currency } = record;
  const reason = 'rejection' in record ? record.rejection?.code : undefined;
  return {
    id: _id,
    kind,
    checkoutId: 'checkoutId' in record ? record.checkoutId : _id,
    at: at.toISOString(),
    buyerId,
    status,
    ...(reason !== undefined && { reason }),
    skus: [...new Set(lines.map(({ sku }) => sku))],
    total,
    currency,
  };
}
