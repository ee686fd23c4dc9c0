import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { takeDrainedVerdict, waitUntilDrained } from '../../../shared/ledger/judging/drain.ts';
import { byIds } from '../../../shared/store/by-ids.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import type { Store } from '../../../shared/store/store.ts';
import { LightClient } from '../../system/light-client.ts';
import { startCpuMeter } from '../machine/cpu-meter.ts';
import { median, percentile } from '../statistics.ts';
import type { Log } from '../system/bench-services.ts';
import { openShop, putOnSale } from '../system/bench-shop.ts';
import {
  type MeasuredProcess,
  OPERATOR_LOGIN,
  onBenchedSystem,
  type SystemReport,
} from '../system/benched-system.ts';

const PRICE = 1_900;
/** Checkouts of a round whose places are read, evenly spread over the queue. */
const READ_PER_ROUND = 50;
/** Shorter waits are over before a buyer could read an estimate. */
const REAL_MS_MIN = 100;
/** How far an estimate may be from the real time, as a factor. */
const FACTOR_MAX = 2;
/** The share of the estimates that must be within the factor. */
const SHARE_MIN = 0.9;

interface PlacesOptions {
  readonly rounds: number;
  readonly connections: number;
  readonly queued: number;
}

/** The estimate of a queued checkout, and when it was read. */
interface EstimatedPlace {
  readonly id: string;
  readonly atMs: number;
  readonly estimatedMs: number;
}

/** The result of the places bench, printed as JSON on the last line. */
export interface PlacesReport extends SystemReport {
  /** Whether nine of ten estimates are within a factor of two and the verdict is ok. */
  readonly ok: boolean;
  readonly queued: number;
  /** The number of estimates that were compared. */
  readonly estimates: number;
  /** The share of the estimates that were within a factor of two of the real time. */
  readonly withinTwo: number;
  /** Estimated divided by real time. */
  readonly ratio: { readonly p10: number; readonly p50: number; readonly p90: number };
  readonly verdict: Verdict;
}

/**
 * Measures the estimates of queued checkouts. A round pauses settling while the checkouts of one
 * product are queued, resumes it, reads some places immediately and compares each estimate with the
 * time until that checkout was settled. The first round only warms up.
 * @throws Error if a checkout is not accepted or not settled
 */
export function runPlacesBench(options: PlacesOptions, log: Log): Promise<PlacesReport> {
  const { rounds, connections, queued } = options;
  return onBenchedSystem('places', log, async ({ apiUrl, store, workerPid }, { measured }) => {
    const { shopId, apiKey } = await openShop(store, 'Places', 'checkouts:write');
    const items = Array.from({ length: rounds + 1 }, (_, index) => {
      return { sku: `PLACE-${index}`, title: `Thing ${index}`, price: PRICE };
    });
    const products = await putOnSale(store, shopId, items, () => queued);
    const variantIds = products.flatMap(({ variants }) => variants.map(({ id }) => id));
    const stop = startCpuMeter<MeasuredProcess>({ measured, others: [process.pid, workerPid] });
    const client = new LightClient(apiUrl, connections);
    const ratios: number[] = [];
    try {
      for (const [round, variantId] of variantIds.entries()) {
        const estimated = await queueAndRead({ client, apiKey, variantId, queued });
        if (!(await waitUntilDrained(store))) throw new Error('some checkouts have no outcome');
        if (round === 0) continue;
        const roundRatios = await compare(store, estimated);
        log(`round ${round} of ${rounds}: median ratio ${median(roundRatios).toFixed(2)}`);
        ratios.push(...roundRatios);
      }
    } finally {
      client.close();
    }
    const verdict = await takeDrainedVerdict(store);
    const within = ratios.filter((value) => value <= FACTOR_MAX && value >= 1 / FACTOR_MAX);
    const withinTwo = within.length / Math.max(1, ratios.length);
    const ratio = {
      p10: percentile(ratios, 0.1),
      p50: percentile(ratios, 0.5),
      p90: percentile(ratios, 0.9),
    };
    const figures = { queued, estimates: ratios.length, withinTwo, ratio, verdict };
    return { uses: [stop()], figures: { ok: verdict.ok && withinTwo >= SHARE_MIN, ...figures } };
  });
}

interface Round {
  readonly client: LightClient;
  readonly apiKey: string;
  readonly variantId: string;
  readonly queued: number;
}

async function queueAndRead(round: Round): Promise<EstimatedPlace[]> {
  const { client, apiKey, variantId, queued } = round;
  const headers = `X-Api-Key: ${apiKey}\r\nContent-Type: application/json\r\n`;
  const buy = async (index: number) => {
    const body = `{"buyerId":"buyer-${index}","lines":[{"variantId":"${variantId}","quantity":1}]}`;
    const key = `Idempotency-Key: ${variantId}-${index}\r\n`;
    const answer = await client.send('POST', '/v1/checkouts', `${headers}${key}`, body);
    if (answer.status !== 202)
      throw new Error(`a checkout was not accepted: ${answer.status} ${answer.body}`);
    return (JSON.parse(answer.body) as { id: string }).id;
  };
  await switchSettling(client, 'pause');
  const ids = await Promise.all(Array.from({ length: queued }, (_, index) => buy(index)));
  await switchSettling(client, 'resume');
  const step = Math.max(1, Math.floor(queued / READ_PER_ROUND));
  const read = ids.filter((_, index) => index % step === 0);
  const estimated = await Promise.all(
    read.map(async (id): Promise<EstimatedPlace[]> => {
      const answer = await client.send('GET', `/v1/checkouts/${id}`, headers);
      const { queue } = JSON.parse(answer.body) as { queue?: { estimatedMs: number } };
      return queue === undefined ? [] : [{ id, atMs: Date.now(), estimatedMs: queue.estimatedMs }];
    }),
  );
  return estimated.flat();
}

async function switchSettling(client: LightClient, to: 'pause' | 'resume'): Promise<void> {
  const login = `Authorization: ${OPERATOR_LOGIN}\r\n`;
  const { status, body } = await client.send('POST', `/ops/settling/${to}`, login);
  if (status !== 200)
    throw new Error(`the request to ${to} settling was answered ${status} ${body}`);
}

/**
 * Divides each estimate by the time that really passed until the checkout was settled. Leaves out
 * checkouts that were settled within `REAL_MS_MIN`.
 */
async function compare(store: Store, estimated: readonly EstimatedPlace[]): Promise<number[]> {
  const settled = await store.checkouts
    .find<Pick<CheckoutRecord, '_id' | 'settledAt'>>(byIds(estimated.map(({ id }) => id)), {
      projection: { settledAt: 1 },
    })
    .toArray();
  const settledMs = new Map(settled.map(({ _id, settledAt }) => [_id, settledAt?.getTime()]));
  return estimated.flatMap(({ id, atMs, estimatedMs }) => {
    const realMs = (settledMs.get(id) ?? atMs) - atMs;
    return realMs < REAL_MS_MIN ? [] : [estimatedMs / realMs];
  });
}

/** Returns the report as text for a terminal. */
export function placesReportAsText(report: PlacesReport): string {
  const { queued, estimates, withinTwo, ratio, verdict, ok, disturbance } = report;
  return [
    `${estimates} estimates with up to ${queued} checkouts queued`,
    `${(withinTwo * 100).toFixed(0)} % within a factor of two of the real time`,
    `estimated ÷ real: p10 ${ratio.p10.toFixed(2)}   p50 ${ratio.p50.toFixed(2)}   p90 ${ratio.p90.toFixed(2)}`,
    `verdict: ${verdict.ok ? 'ok' : JSON.stringify(verdict)}`,
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
    ...(ok
      ? []
      : ['FAILED: too few estimates are within a factor of two, or the verdict is not ok']),
  ].join('\n');
}
