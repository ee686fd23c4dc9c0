import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { takeDrainedVerdict } from '../../../shared/ledger/judging/drain.ts';
import type { Store } from '../../../shared/store/store.ts';
import { LightClient } from '../../system/light-client.ts';
import { type CpuUse, startCpuMeter } from '../machine/cpu-meter.ts';
import { median, medianSpread, type Spread, toSpread } from '../statistics.ts';
import type { Log } from '../system/bench-services.ts';
import { openShop, putOnSale } from '../system/bench-shop.ts';
import {
  type MeasuredProcess,
  onBenchedSystem,
  type SystemReport,
} from '../system/benched-system.ts';

const PRICE = 1_900;
const WAIT_S = 30;

type StormProcess = MeasuredProcess | 'worker' | 'client';

interface StormOptions {
  readonly rounds: number;
  readonly connections: number;
  readonly stormBuyers: number;
  readonly stormUnits: number;
}

/** One round: every buyer sends one checkout for one unit of the same variant. */
interface StormRound {
  readonly perSecond: number;
  readonly placed: number;
  /** All rejected checkouts, and how many of them the API rejected without a worker. */
  readonly rejected: number;
  readonly rejectedEarly: number;
  /** Milliseconds from the request to the final answer. */
  readonly answerMs: Spread;
  readonly use: CpuUse<StormProcess>;
}

/** The result of the storm bench, printed as JSON on the last line. */
export interface StormReport extends SystemReport {
  /** Whether each round placed exactly its units and the verdict is ok. */
  readonly ok: boolean;
  readonly buyers: number;
  readonly units: number;
  readonly connections: number;
  /** Buyers per second. Like the next two figures, a median over the rounds. */
  readonly perSecond: number;
  /** The share of the rejected checkouts that the API rejected without a worker. */
  readonly earlyShare: number;
  readonly answerMs: Spread;
  /** CPU microseconds per buyer. */
  readonly cpuMicros: Readonly<Record<StormProcess, number>>;
  readonly verdict: Verdict;
}

/**
 * Measures many buyers who want few units. Each buyer sends one request, which waits for the
 * outcome.
 * @throws Error if a buyer got no final answer
 */
export function runStormBench(options: StormOptions, log: Log): Promise<StormReport> {
  const { rounds: count, connections, stormBuyers: buyers, stormUnits: units } = options;
  return onBenchedSystem('storm', log, async ({ apiUrl, store, workerPid }, { measured }) => {
    const { shopId, apiKey } = await openShop(store, 'Storm', 'checkouts:write');
    const items = Array.from({ length: count + 1 }, (_, index) => {
      return { sku: `STORM-${index}`, title: `Rare thing ${index}`, price: PRICE };
    });
    const products = await putOnSale(store, shopId, items, () => units);
    const [warmUpId = '', ...variantIds] = products.flatMap(({ variants }) =>
      variants.map(({ id }) => id),
    );
    const processes = {
      measured: { ...measured, worker: workerPid, client: process.pid },
      others: [],
    };
    const storm = async (variantId: string): Promise<StormRound> => {
      const stop = startCpuMeter<StormProcess>(processes);
      const result = await sendBuyers({ apiUrl, apiKey, variantId, buyers, connections });
      // Before the counting, which also uses CPU.
      const use = stop();
      return { ...result, rejectedEarly: await countRejectedEarly(store, variantId), use };
    };
    await storm(warmUpId);
    const rounds: StormRound[] = [];
    for (const variantId of variantIds) {
      const round = await storm(variantId);
      log(`round ${rounds.length + 1} of ${count}: ${round.perSecond.toFixed(0)} buyers a second`);
      rounds.push(round);
    }
    const verdict = await takeDrainedVerdict(store);
    const isExact = rounds.every(({ placed }) => placed === Math.min(units, buyers));
    return {
      uses: rounds.map(({ use }) => use),
      figures: {
        ok: verdict.ok && isExact,
        ...{ buyers, units, connections, verdict },
        perSecond: median(rounds.map(({ perSecond }) => perSecond)),
        earlyShare: median(
          rounds.map((round) => round.rejectedEarly / Math.max(1, round.rejected)),
        ),
        answerMs: medianSpread(rounds.map(({ answerMs }) => answerMs)),
        cpuMicros: microsPerBuyer(rounds, buyers),
      },
    };
  });
}

interface Rush {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly variantId: string;
  readonly buyers: number;
  readonly connections: number;
}

async function sendBuyers({ apiUrl, apiKey, variantId, buyers, connections }: Rush) {
  const client = new LightClient(apiUrl, connections);
  const headers =
    `X-Api-Key: ${apiKey}\r\nContent-Type: application/json\r\nPrefer: wait=${WAIT_S}\r\n` +
    `Idempotency-Key: ${variantId}-`;
  const times: number[] = [];
  let [next, placed, rejected] = [0, 0, 0];
  const buy = async () => {
    while (next < buyers) {
      const index = next;
      next += 1;
      const body = `{"buyerId":"buyer-${index}","lines":[{"variantId":"${variantId}","quantity":1}]}`;
      const sentAt = performance.now();
      const answer = await client.send('POST', '/v1/checkouts', `${headers}${index}\r\n`, body);
      times.push(performance.now() - sentAt);
      if (answer.status === 200 && answer.body.includes('"status":"placed"')) placed += 1;
      else if (answer.status === 200 && answer.body.includes('"status":"rejected"')) rejected += 1;
      else throw new Error(`buyer ${index} got no final answer: ${answer.status} ${answer.body}`);
    }
  };
  await client.open();
  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, buy));
  } finally {
    client.close();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  return { perSecond: buyers / seconds, placed, rejected, answerMs: toSpread(times) };
}

function countRejectedEarly(store: Store, variantId: string): Promise<number> {
  return store.checkouts.countDocuments({
    ...{ status: 'rejected', 'lines.variantId': variantId },
    'rejection.ageMs': { $exists: true },
  });
}

function microsPerBuyer(
  rounds: readonly StormRound[],
  buyers: number,
): Record<StormProcess, number> {
  const micros = (name: StormProcess) =>
    Math.round(median(rounds.map(({ use }) => (use.seconds[name] / buyers) * 1_000_000)));
  return {
    client: micros('client'),
    api: micros('api'),
    redis: micros('redis'),
    worker: micros('worker'),
    mongod: micros('mongod'),
  };
}

/** Returns the report as text for a terminal. */
export function stormReportAsText(report: StormReport): string {
  const { buyers, units, connections, perSecond, earlyShare, answerMs, cpuMicros } = report;
  const { verdict, disturbance, ok } = report;
  const { client, api, redis, worker, mongod } = cpuMicros;
  const { p50, p99, max } = answerMs;
  return [
    `${buyers} buyers of ${units} units on ${connections} connections, each with a final answer`,
    `${perSecond.toFixed(0)} buyers a second   ${(earlyShare * 100).toFixed(0)} % of the refusals by the API itself`,
    `answer: p50 ${p50.toFixed(0)} ms   p99 ${p99.toFixed(0)} ms   max ${max.toFixed(0)} ms`,
    `CPU per buyer: client ${client}, API ${api}, Redis ${redis}, worker ${worker}, mongod ${mongod} µs`,
    `verdict: ${verdict.ok ? 'ok' : JSON.stringify(verdict)}`,
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
    ...(ok
      ? []
      : [`FAILED: not exactly ${units} units placed in each round, or the verdict is not ok`]),
  ].join('\n');
}
