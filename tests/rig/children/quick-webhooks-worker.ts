import { drainOnSignal } from '../../../shared/runtime/shutdown.ts';
import { readConfig } from '../../../worker/config.ts';
import { startWorker } from '../../../worker/context.ts';
import { DELIVERY_TIMES } from '../../../worker/deliver-webhooks/delivery-context.ts';

/** A worker that retries webhooks after fractions of a second instead of hours. */
const worker = await startWorker(readConfig(), {
  webhooks: {
    times: {
      retryDelaysMs: [200, 400, 800, 1_000, 1_000, 2_000, 2_000, 4_000, 4_000, 8_000, 8_000, 8_000],
      health: {
        ...DELIVERY_TIMES.health,
        pauseMsMin: 100,
        pauseMsMax: 1_000,
        recoveredAfterMs: 2_000,
      },
      sendTimeoutMs: 2_000,
      bodyTimeoutMs: 200,
      lockMs: 1_000,
      pollEveryMs: 100,
    },
  },
});

process.send?.({ type: 'ready' });

drainOnSignal(worker.log, () => worker.close());
