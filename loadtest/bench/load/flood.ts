import { LightClient } from '../../system/light-client.ts';
import type { LightResponse } from '../../system/light-connection.ts';
import { postOne } from './checkout-calls.ts';
import type { FloodPlan, FloodResult } from './plans.ts';

const TICK_MS = 5;
const ACCEPTED = 202;
const REFUSALS = new Set([429, 503]);
const CODE = /"code":"(\w+)"/;

/**
 * Offers checkouts at a constant rate over a fixed number of connections, whether earlier checkouts
 * are answered or not, and waits for all answers. A checkout that is due while no connection is
 * free is never sent, so that the client itself has no backlog.
 */
export async function runFlood(plan: FloodPlan): Promise<FloodResult> {
  const { rate, seconds, connections } = plan;
  const client = new LightClient(plan.apiUrl, connections);
  await client.open();
  const seen = { sent: 0, unsent: 0, accepted: 0, refused: 0, cut: 0 };
  const codes: Record<string, number> = {};
  let other: string | undefined;
  let inProgress = 0;
  const countResponse = (response: LightResponse) => {
    const code = findRefusalCode(response);
    if (response.status === ACCEPTED) seen.accepted += 1;
    else if (code !== undefined) {
      seen.refused += 1;
      codes[code] = (codes[code] ?? 0) + 1;
    } else other ??= `${response.status} ${response.body}`.slice(0, 300);
  };
  const countCut = () => {
    seen.cut += 1;
  };
  const end = () => {
    inProgress -= 1;
  };
  const startedAt = performance.now();
  for (let due = 0; due < rate * seconds; ) {
    const now = performance.now() - startedAt;
    for (; due < Math.min(rate * seconds, (now * rate) / 1_000); due += 1) {
      if (inProgress >= connections) {
        seen.unsent += 1;
        continue;
      }
      inProgress += 1;
      seen.sent += 1;
      postOne(client, plan, due).then(countResponse, countCut).finally(end);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  while (inProgress > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  client.close();
  return { ...seen, codes, seconds: tookSeconds, ...(other !== undefined && { other }) };
}

/** Returns the code of a 429 or 503, if it is a problem document with a `Retry-After`. */
function findRefusalCode(response: LightResponse): string | undefined {
  const { status, isProblem, retryAfterMs, body } = response;
  if (!REFUSALS.has(status) || !isProblem || retryAfterMs === undefined) return undefined;
  return CODE.exec(body)?.[1];
}
