import { z } from 'zod';
import { pause } from '../../shared/runtime/deadline.ts';
import { type Api, describeAnswer } from './api.ts';

/** Waiting ends if the number of checkouts without an outcome has not fallen for this long. */
const STALLED_MS_MAX = 30_000;
const POLL_EVERY_MS = 2_000;
/** Longer than the API takes at most for a verdict: 300 s. */
const VERDICT_SILENCE_MS = 310_000;

const count = z.int().min(0);

/** The verdict from the API; unknown fields are kept. */
const verdict = z.looseObject({
  window: z.object({ from: z.string().nullable(), to: z.string().nullable() }),
  accepted: count,
  placed: count,
  rejected: count,
  failed: count,
  pending: count,
  unitsPlaced: count,
  oversold: count,
  undersold: count,
  lost: count,
  duplicated: count,
  drift: count,
  inversions: count,
  ok: z.boolean(),
});

export type SeenVerdict = z.output<typeof verdict>;

/**
 * Returns the operator's verdict on the checkouts received since `from`. Waits until all of them
 * have an outcome. If the number of checkouts without an outcome does not fall for 30 s, they count
 * as lost.
 * @throws Error if the system returns no verdict
 */
export async function finalVerdict(api: Api, from: Date): Promise<SeenVerdict> {
  let pendingMin = Number.POSITIVE_INFINITY;
  let giveUpAt = performance.now() + STALLED_MS_MAX;
  for (;;) {
    const current = await requestVerdict(api, from, false);
    if (current.pending === 0) return current;
    if (current.pending < pendingMin) {
      pendingMin = current.pending;
      giveUpAt = performance.now() + STALLED_MS_MAX;
    }
    if (performance.now() >= giveUpAt) return requestVerdict(api, from, true);
    await pause(POLL_EVERY_MS);
  }
}

async function requestVerdict(api: Api, from: Date, drained: boolean): Promise<SeenVerdict> {
  const query = new URLSearchParams({ from: from.toISOString(), drained: String(drained) });
  const path = `/ops/verdict?${query}`;
  const silenceMs = VERDICT_SILENCE_MS;
  const answer = await api.call({ method: 'GET', path, as: 'operator', silenceMs });
  const parsed = verdict.safeParse(answer.body);
  if (answer.status === 200 && parsed.success) return parsed.data;
  throw new Error(`The system returned no verdict: ${describeAnswer(answer)}`);
}
