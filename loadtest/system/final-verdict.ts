import { z } from 'zod';
import { pause } from '../../shared/runtime/deadline.ts';
import { type Api, describeAnswer } from './api.ts';

/** Polling ends if the number of open checkouts has not fallen for this long. */
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
  waiting: count,
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
 * have an outcome, and then until no checkout waits for units that are free. If the number of these
 * checkouts does not fall for 30 s, they count as lost or undersold.
 * @throws Error if the system returns no verdict
 */
export async function finalVerdict(api: Api, from: Date): Promise<SeenVerdict> {
  const settled = await pollVerdict(
    () => requestVerdict(api, from, false),
    ({ pending }) => pending,
  );
  if (settled.pending + settled.waiting === 0) return settled;
  return pollVerdict(
    () => requestVerdict(api, from, true),
    ({ lost, undersold }) => lost + undersold,
  );
}

/** Repeats a request until the count is 0, or has not fallen for 30 s. Returns the last verdict. */
async function pollVerdict(
  request: () => Promise<SeenVerdict>,
  toCount: (verdict: SeenVerdict) => number,
): Promise<SeenVerdict> {
  let fewest = Number.POSITIVE_INFINITY;
  let giveUpAt = performance.now() + STALLED_MS_MAX;
  for (;;) {
    const current = await request();
    const left = toCount(current);
    if (left === 0) return current;
    if (left < fewest) {
      fewest = left;
      giveUpAt = performance.now() + STALLED_MS_MAX;
    }
    if (performance.now() >= giveUpAt) return current;
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
