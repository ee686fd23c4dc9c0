import type { DemoSalePlan } from '../../api/ops/demo/demo-sale.ts';
import { startTestApi, type TestApi } from '../../api/testing/start-test-api.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import type { TestNamespace } from '../../shared/testing/harness.ts';
import { startWorker } from '../../worker/context.ts';

/** An API with workers behind it. */
export interface InProcessSystem extends TestApi {
  /** Stops the workers as a deploy does; the API keeps running. */
  stopWorkers(): Promise<void>;
}

interface Options {
  readonly workers?: number;
  readonly batchMax?: number;
  readonly reservationTtlMs?: number;
  readonly isOpsWritable?: boolean;
  readonly demoSale?: DemoSalePlan;
}

const RESERVATION_TTL_MS = 900_000;
const BATCH_MAX = 256;

/** Starts an API and workers of the namespace in this process. */
export async function startInProcessSystem(
  namespace: TestNamespace,
  {
    workers = 1,
    batchMax = BATCH_MAX,
    reservationTtlMs = RESERVATION_TTL_MS,
    isOpsWritable = false,
    demoSale,
  }: Options = {},
): Promise<InProcessSystem> {
  const { partitions } = readEnv();
  const config = { ...namespace, logLevel: 'silent', batchMax, partitions, reservationTtlMs };
  const api = await startTestApi(namespace, {
    reservationTtlMs,
    isOpsWritable,
    ...(demoSale && { demoSale }),
  });
  const running = await Promise.all(Array.from({ length: workers }, () => startWorker(config)));
  let stopping: Promise<unknown> | undefined;
  const stopWorkers = async () => {
    stopping ??= Promise.all(running.map((worker) => worker.close()));
    await stopping;
  };
  return {
    ...api,
    stopWorkers,
    close: async () => {
      await stopWorkers();
      await api.close();
    },
  };
}
