import type { z } from 'zod';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import { viewOrder } from '../../shared/views/order-view.ts';
import type { order } from './schemas.ts';

/** An order as its maker and its shop see it. */
export function presentOrder(record: OrderRecord): z.output<typeof order> {
  return viewOrder(record);
}
