import { LightClient } from '../../system/light-client.ts';
import { checkoutCalls } from './checkout-calls.ts';
import type { ClosedPlan, ClosedResult } from './plans.ts';

/**
 * Posts the plan's checkouts, or as many as can be started within `secondsMax`. Each connection
 * sends its next checkout as soon as the previous one is answered.
 */
export async function runClosedLoop(plan: ClosedPlan): Promise<ClosedResult> {
  const { apiUrl, connections, checkouts, secondsMax } = plan;
  const client = new LightClient(apiUrl, connections);
  const calls = checkoutCalls(client, plan);
  await client.open();
  const startedAtMs = epochMs();
  const stopAtMs = startedAtMs + secondsMax * 1_000;
  let next = 0;
  let accepted = 0;
  const buyer = async () => {
    while (next < checkouts && epochMs() < stopAtMs) {
      const index = next;
      next += 1;
      if ((await calls.post(index)) !== undefined) accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, buyer));
  const endedAtMs = epochMs();
  client.close();
  return { accepted, failures: calls.failures(), startedAtMs, endedAtMs };
}

/**
 * Returns the milliseconds since the epoch, finer than `Date.now()` and comparable between
 * processes.
 */
function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
