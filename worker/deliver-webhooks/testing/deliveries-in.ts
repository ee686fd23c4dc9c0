import { systemClock } from '../../../shared/runtime/clock.ts';
import { newId } from '../../../shared/runtime/ids.ts';
import type { WebhookRecord } from '../../../shared/store/collections/webhooks.ts';
import type { Store } from '../../../shared/store/store.ts';
import { fanOut } from '../../fan-out-events/fan-out.ts';
import { givenEvents } from './given-events.ts';

/**
 * Returns functions that create and read deliveries for tests.
 * @param store returns the store of the test file, which is opened later
 */
export function deliveriesIn(store: () => Store) {
  const fan = () => fanOut({ store: store(), clock: systemClock });
  return {
    fan,
    pending: (filter: object = {}) =>
      store().webhookDeliveries.countDocuments({ status: 'pending', ...filter }),
    findDelivery: async (filter: object) => store().webhookDeliveries.findOne(filter),
    findEndpoint: async ({ _id }: WebhookRecord) => store().webhooks.findOne({ _id }),
    /**
     * Creates subjects with this many events each, interleaved, and fans the events out. Returns
     * the ids of the subjects.
     */
    givenSubjects: async (shopId: string, subjects: number, events: number) => {
      const ids = Array.from({ length: subjects }, () => newId('ord'));
      for (let seq = 2; seq < events + 2; seq += 1) {
        const specs = ids.map((subjectId) => ({ subjectId, seq }));
        await givenEvents(store(), [shopId], specs);
      }
      await fan();
      return ids;
    },
  };
}
