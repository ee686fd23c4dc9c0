import type { Verdict } from '../../../shared/domain/judging/verdict.ts';
import { takeDrainedVerdict } from '../../../shared/ledger/judging/drain.ts';
import { pause } from '../../../shared/runtime/deadline.ts';
import { toDrawOrder } from '../../../shared/runtime/draw-order.ts';
import { type RetryOptions, retry } from '../../../shared/runtime/retry.ts';
import type { DrawRecord } from '../../../shared/store/collections/draws.ts';
import type { Store } from '../../../shared/store/store.ts';
import { LightClient } from '../../system/light-client.ts';
import { microsPer, startCpuMeter } from '../machine/cpu-meter.ts';
import { type Spread, toSpread } from '../statistics.ts';
import type { Log } from '../system/bench-services.ts';
import { openShop, putOnSale } from '../system/bench-shop.ts';
import {
  type MeasuredProcess,
  onBenchedSystem,
  type SystemReport,
} from '../system/benched-system.ts';

const PRICE = 1_900;
const DAY_MS = 86_400_000;
const POLL_MS = 20;
const STAGE_MS_MAX = 600_000;
const UNAVAILABLE = 503;

class UnconfirmedError extends Error {
  readonly status: number;

  constructor(orderId: string, status: number, body: string) {
    super(`confirming order ${orderId} was answered ${status} ${body}`);
    this.status = status;
  }
}

/** After a 503 it is open whether the order was confirmed. A confirmation may be repeated. */
const CONFIRM_RETRY: RetryOptions = {
  isRetryable: (error) => error instanceof UnconfirmedError && error.status === UNAVAILABLE,
  triesMax: 5,
  pauseMsMin: 100,
  pauseMsMax: 1_000,
};

type DrawProcess = MeasuredProcess | 'worker' | 'client';

interface DrawOptions {
  readonly connections: number;
  readonly drawEntries: number;
  readonly drawUnits: number;
}

/** The result of the draw bench, printed as JSON on the last line. */
export interface DrawReport extends SystemReport {
  /**
   * Whether the winners follow from the seed, all entries have an outcome and the verdict is ok.
   */
  readonly ok: boolean;
  readonly entries: number;
  readonly units: number;
  readonly connections: number;
  readonly entriesPerSecond: number;
  /** Milliseconds from the request of an entry to its answer. */
  readonly answerMs: Spread;
  /** Milliseconds from the end of the draw to the last winner placed. */
  readonly placedMs: number;
  /** Milliseconds from the last order confirmed to the last entry rejected. */
  readonly rejectedMs: number;
  /** CPU microseconds per entry, from the creation of the draw to the last rejection. */
  readonly cpuMicros: Readonly<Record<DrawProcess, number>>;
  readonly verdict: Verdict;
}

/**
 * Measures a draw: its entries, its close and, after the winners' orders are confirmed, the
 * rejection of the other entries. Each connection sends one entry at a time.
 * @throws Error if the draw, an entry or a confirmation is refused, or if placing the winners or
 *   rejecting the other entries takes more than ten minutes
 */
export function runDrawBench(options: DrawOptions, log: Log): Promise<DrawReport> {
  const { connections, drawEntries: entries, drawUnits: units } = options;
  return onBenchedSystem('draw', log, async ({ apiUrl, store, workerPid }, { measured }) => {
    const { shopId, apiKey } = await openShop(store, 'Draw', ...SCOPES);
    const item = { sku: 'DRAW', title: 'Drawn thing', price: PRICE };
    const [product] = await putOnSale(store, shopId, [item], () => units);
    const variantId = product?.variants[0]?.id ?? '';
    const client = new LightClient(apiUrl, connections);
    await client.open();
    const call = createCall(client, apiKey);
    const stop = startCpuMeter<DrawProcess>({
      measured: { ...measured, worker: workerPid, client: process.pid },
      others: [],
    });
    try {
      const drawId = await createDraw(call, variantId, units);
      const entered = await enterAll(call, { drawId, variantId, entries, connections });
      log(`${entries} entries: ${entered.entriesPerSecond.toFixed(0)} a second`);
      const placedMs = await closeNow(store, drawId);
      log(`${units} winners placed ${placedMs} ms after the close`);
      const rejectedMs = await confirmWinners(store, drawId, call);
      log(`the other entries rejected ${rejectedMs} ms after the last confirmation`);
      const use = stop();
      const isExact = await isAsDrawn(store, drawId, { entries, units });
      const verdict = await takeDrainedVerdict(store);
      const figures = {
        ok: verdict.ok && isExact,
        ...{ entries, units, connections, ...entered, placedMs, rejectedMs, verdict },
        cpuMicros: microsPer(use, entries),
      };
      return { uses: [use], figures };
    } finally {
      client.close();
    }
  });
}

const SCOPES = ['inventory:write', 'checkouts:write', 'orders:write'] as const;

type Call = (
  path: string,
  body: string,
  key?: string,
) => Promise<{ readonly status: number; readonly body: string }>;

function createCall(client: LightClient, apiKey: string): Call {
  const headers = `X-Api-Key: ${apiKey}\r\nContent-Type: application/json\r\n`;
  return (path, body, key) => {
    const keyHeader = key === undefined ? '' : `Idempotency-Key: ${key}\r\n`;
    return client.send('POST', path, `${headers}${keyHeader}`, body);
  };
}

async function createDraw(call: Call, variantId: string, quantity: number): Promise<string> {
  const now = Date.now();
  const times = {
    opensAt: new Date(now).toISOString(),
    closesAt: new Date(now + DAY_MS).toISOString(),
  };
  const { status, body } = await call(
    '/v1/draws',
    JSON.stringify({ variantId, quantity, ...times }),
  );
  if (status !== 201) throw new Error(`creating the draw was answered ${status} ${body}`);
  return String((JSON.parse(body) as { id: string }).id);
}

interface Entering {
  readonly drawId: string;
  readonly variantId: string;
  readonly entries: number;
  readonly connections: number;
}

async function enterAll(call: Call, { drawId, variantId, entries, connections }: Entering) {
  const times: number[] = [];
  let next = 0;
  const enter = async () => {
    while (next < entries) {
      const index = next;
      next += 1;
      const lines = `"lines":[{"variantId":"${variantId}","quantity":1}]`;
      const body = `{"buyerId":"buyer-${index}","drawId":"${drawId}",${lines}}`;
      const sentAt = performance.now();
      const answer = await call('/v1/checkouts', body, `${drawId}-${index}`);
      times.push(performance.now() - sentAt);
      if (answer.status !== 202) throw new Error(`entry ${index}: ${answer.status} ${answer.body}`);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, enter));
  const seconds = (performance.now() - startedAt) / 1_000;
  return { entriesPerSecond: entries / seconds, answerMs: toSpread(times) };
}

/** Ends the draw now, waits until it holds no more units, and returns how many milliseconds passed. */
async function closeNow(store: Store, drawId: string): Promise<number> {
  const startedAt = performance.now();
  await store.draws.updateOne({ _id: drawId }, { $set: { closesAt: new Date() } });
  await waitFor(store, drawId, ({ status, held }) => status !== 'scheduled' && held === 0);
  return Math.round(performance.now() - startedAt);
}

/**
 * Confirms the orders of the winners, waits until all other entries are rejected, and returns how
 * many milliseconds the wait took.
 */
async function confirmWinners(store: Store, drawId: string, call: Call): Promise<number> {
  const orders = await store.orders
    .find<{ readonly _id: string }>({ drawId }, { projection: { _id: 1 } })
    .toArray();
  await Promise.all(
    orders.map(async ({ _id }) => {
      const confirm = async () => {
        const { status, body } = await call(`/v1/orders/${_id}/confirm`, '{}');
        if (status !== 200) throw new UnconfirmedError(_id, status, body);
      };
      await retry(confirm, CONFIRM_RETRY);
    }),
  );
  const startedAt = performance.now();
  await waitFor(store, drawId, ({ status }) => status === 'settled');
  return Math.round(performance.now() - startedAt);
}

async function waitFor(
  { draws }: Store,
  drawId: string,
  isReached: (draw: DrawRecord) => boolean,
): Promise<void> {
  const giveUpAt = performance.now() + STAGE_MS_MAX;
  while (performance.now() < giveUpAt) {
    const draw = await draws.findOne({ _id: drawId });
    if (draw !== null && isReached(draw)) return;
    await pause(POLL_MS);
  }
  throw new Error(`draw ${drawId} did not advance within ${STAGE_MS_MAX / 1_000} s`);
}

/** Returns whether exactly the first entries in the order of the seed won. */
async function isAsDrawn(
  store: Store,
  drawId: string,
  { entries, units }: { readonly entries: number; readonly units: number },
): Promise<boolean> {
  const draw = await store.draws.findOne({ _id: drawId });
  const checkouts = await store.checkouts
    .find<{ readonly _id: string; readonly status: string }>(
      { drawId },
      { projection: { status: 1 } },
    )
    .toArray();
  const statuses = new Map(checkouts.map(({ _id, status }) => [_id, status]));
  const order = toDrawOrder(draw?.seed ?? '', [...statuses.keys()]);
  const isRight = (id: string, index: number) =>
    statuses.get(id) === (index < units ? 'placed' : 'rejected');
  return order.length === entries && order.every(isRight);
}

/** Returns the report as text for a terminal. */
export function drawReportAsText(report: DrawReport): string {
  const { entries, units, connections, entriesPerSecond, answerMs, cpuMicros } = report;
  const { placedMs, rejectedMs, verdict, disturbance, ok } = report;
  const { client, api, redis, worker, mongod } = cpuMicros;
  const { p50, p99, max } = answerMs;
  return [
    `${entries} entries for ${units} units on ${connections} connections`,
    `${entriesPerSecond.toFixed(0)} entries a second`,
    `answer: p50 ${p50.toFixed(0)} ms   p99 ${p99.toFixed(0)} ms   max ${max.toFixed(0)} ms`,
    `winners placed ${placedMs} ms after the close, the others rejected in ${rejectedMs} ms`,
    `CPU per entry: client ${client}, API ${api}, Redis ${redis}, worker ${worker}, mongod ${mongod} µs`,
    `verdict: ${verdict.ok ? 'ok' : JSON.stringify(verdict)}`,
    ...disturbance.warnings.map((warning) => `note: ${warning}`),
    ...(ok ? [] : ['FAILED: the winners are not those of the seed, or the verdict is not ok']),
  ].join('\n');
}
