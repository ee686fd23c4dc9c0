// The script that k6 runs. PLAN names the plan file that `npm run k6` and `npm run sale` write.
// Without it, API_URL, API_KEY and VARIANT_ID describe buyers of one variant, RATE of them a
// second for SECONDS.
import exec from 'k6/execution';
import http from 'k6/http';
import { buyOnce } from './buy.js';
import { toCart } from './carts.js';
import { toK6Options } from './options.js';

const plan = __ENV.PLAN ? JSON.parse(open(__ENV.PLAN)) : toSmallPlan(__ENV);

export const options = toK6Options(plan);

// A refusal is a valid response, and so is a 503 that sheds load: both are counted. Only other
// server errors and missing responses are failures.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 499 }, 503));

/** Runs one buyer of the current phase. */
export function buy() {
  const { name, iterationInTest: number } = exec.scenario;
  const phase = plan.phases.find((candidate) => candidate.name === name);
  const lines = toCart(phase.cart, number, phase.variantIds.length).map(({ place, quantity }) => {
    return { variantId: phase.variantIds[place], quantity };
  });
  const id = `${plan.runId}-${name}-${number}`;
  buyOnce(plan, phase, { key: id, buyerId: `buyer-${id}`, lines });
}

function toSmallPlan({ API_URL, API_KEY, VARIANT_ID, RATE = '50', SECONDS = '20' }) {
  const limitsMs = { postP95: 500, postP99: 1_000, outcomeP95: 1_000, outcomeP99: 2_000 };
  const load = { rate: Number(RATE), seconds: Number(SECONDS), limitsMs, mayShed: false };
  const phase = {
    name: 'hot',
    cart: 'hot',
    buyer: 'long-polling',
    variantIds: [VARIANT_ID],
    ...load,
  };
  const runId = `k6-${Date.now()}`;
  return { runId, apiUrl: API_URL, apiKey: API_KEY, pauseS: 0, phases: [phase] };
}
