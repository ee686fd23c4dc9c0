import type { Intake } from '../../checkouts/intake.ts';
import type { Metrics } from './metrics.ts';

/** The intake, counting what it stores. */
export function countAccepted(intake: Intake, metrics: Metrics): Intake {
  return {
    ...intake,
    store: async (checkout, cart) => {
      const result = await intake.store(checkout, cart);
      if (result === 'stored') metrics.checkoutsAccepted.inc();
      return result;
    },
  };
}
