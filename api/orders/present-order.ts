import { pick } from '../../shared/domain/pick.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { viewOrder } from '../../shared/views/order-view.ts';
import { isMetadataVisibleTo } from '../access/visibility.ts';
import type { Principal } from '../http/principal.ts';

/** Returns an order as the viewer sees it. Only the shop that sells the order sees its metadata. */
export function presentOrder(record: OrderRecord, viewer: Principal) {
  const isOwn = isMetadataVisibleTo(viewer, record);
  return { ...viewOrder(record), ...(isOwn && pick(record, 'metadata')) };
}
