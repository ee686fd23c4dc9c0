import { LightClient } from '../../system/light-client.ts';
import { toSpread } from '../statistics.ts';
import { type CheckoutCalls, checkoutCalls } from './checkout-calls.ts';
import { createLatencyPath } from './latency-path.ts';
import type { OpenPlan, OpenResult } from './plans.ts';

/** Buyers that can wait at the same time, each with its own connection. */
const CONNECTIONS = 1_000;
const TICK_MS = 1;
/** The first checkout is due this long after the connections are open. */
const LEAD_MS = 100;
/** One outcome in this many is parsed: enough for a median. Parsing all would slow the client. */
const SAMPLE_EVERY = 10;

interface Measurements {
  readonly calls: CheckoutCalls;
  readonly accepting: number[];
  readonly outcome: number[];
  readonly path: ReturnType<typeof createLatencyPath>;
}

/**
 * Posts checkouts at a constant rate and waits for each outcome, by `Prefer: wait` of the POST or
 * of a GET after it. Times start when a checkout is due, not when it is sent, so that they include
 * any delay of the client or the system.
 */
export async function runOpenLoop(plan: OpenPlan): Promise<OpenResult> {
  const client = new LightClient(plan.apiUrl, CONNECTIONS);
  const calls = checkoutCalls(client, plan);
  const measured = { calls, accepting: [], outcome: [], path: createLatencyPath() };
  const buy = plan.isOneRequest ? buyInOneRequest : buyInTwoRequests;
  await client.open();
  const startMs = performance.now() + LEAD_MS;
  const buyers: Promise<void>[] = [];
  while (buyers.length < plan.checkouts) {
    const now = performance.now();
    for (;;) {
      const index = buyers.length;
      const dueMs = startMs + (index * 1_000) / plan.rate;
      if (index === plan.checkouts || dueMs > now) break;
      buyers.push(buy(measured, index, dueMs));
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(buyers);
  client.close();
  const { accepting, outcome, path } = measured;
  return {
    rate: plan.rate,
    settled: outcome.length,
    failures: calls.failures(),
    seconds: (performance.now() - startMs) / 1_000,
    ...(plan.isOneRequest ? {} : { accepting: toSpread(accepting) }),
    outcome: toSpread(outcome),
    path: path.stages(),
  };
}

async function buyInOneRequest(
  measured: Measurements,
  index: number,
  dueMs: number,
): Promise<void> {
  recordOutcome(measured, index, dueMs, await measured.calls.postAndWait(index));
}

async function buyInTwoRequests(
  measured: Measurements,
  index: number,
  dueMs: number,
): Promise<void> {
  const { calls, accepting } = measured;
  const accepted = await calls.post(index);
  if (accepted === undefined) return;
  accepting.push(performance.now() - dueMs);
  recordOutcome(measured, index, dueMs, await calls.outcome(accepted));
}

function recordOutcome(
  { outcome, path }: Measurements,
  index: number,
  dueMs: number,
  checkout: string | undefined,
): void {
  if (checkout === undefined) return;
  const settledMs = performance.now();
  outcome.push(settledMs - dueMs);
  if (index % SAMPLE_EVERY === 0) path.add(checkout, { dueMs, settledMs });
}
