import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntilDrained } from '../../../shared/ledger/judging/drain.ts';
import type { Store } from '../../../shared/store/store.ts';
import { LightClient } from '../../system/light-client.ts';
import { postOne } from '../load/checkout-calls.ts';
import type { FloodResult, LoadCalls } from '../load/plans.ts';
import type { Assistant } from '../system/assistant.ts';
import { type ProcessMeasurements, watchProcess } from './watch-process.ts';

const SECONDS_MAX = 60;
const ACCEPTED = 202;
const RECOVERY_MS_MAX = 60_000;
const TRY_EVERY_MS = 100;
const PROBES = ['/healthz', '/readyz'];

/** The system that is flooded, and the process that floods it. */
export interface FloodedSystem {
  readonly generator: Pick<Assistant<LoadCalls>, 'call'>;
  readonly store: Store;
  readonly apiUrl: string;
  readonly apiPid: number;
  readonly apiKey: string;
  readonly variantIds: readonly string[];
}

/** The rate that a system sustains, and its API's memory at that rate. */
export interface Sustained {
  readonly perSecond: number;
  readonly memoryMb: number;
}

/** A load below the limits of the API. */
interface FairLoad {
  readonly checkouts: number;
  readonly connections: number;
}

interface Overload {
  /** Checkouts per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
  /** The load to offer when the flood is over and everything is settled. */
  readonly afterwards: FairLoad;
}

/** The result of a flood. */
export interface OverloadSample extends FloodResult, ProcessMeasurements {
  readonly connections: number;
  readonly offeredPerSecond: number;
  /** The largest memory divided by the memory at the sustained rate. */
  readonly memoryGrowth: number;
  /**
   * Stored checkouts that were not answered 202. If negative, accepted checkouts are not stored.
   */
  readonly refusedAndStored: number;
  /** Whether every checkout of the flood has an outcome. */
  readonly isSettled: boolean;
  readonly settledWithinSeconds: number;
  /** From the end of the flood to the next accepted checkout. */
  readonly recoveredMs: number;
  /** Checkouts per second that the system sustains afterwards. */
  readonly afterwardsPerSecond: number;
}

/**
 * Measures how many checkouts per second the system accepts and settles in a closed loop.
 * @throws Error if a checkout is refused or cut, or is not settled
 */
export async function measureSustained(
  flooded: FloodedSystem,
  { checkouts, connections }: FairLoad,
): Promise<Sustained> {
  const { generator, store } = flooded;
  const plan = { ...toTarget(flooded), connections, checkouts, secondsMax: SECONDS_MAX };
  const { result, measurements } = await watchProcess({ ...flooded, paths: PROBES }, async () => {
    const { accepted, failures, startedAtMs } = await generator.call('closed', plan);
    const isSettled = await waitUntilDrained(store, { pollMs: TRY_EVERY_MS });
    const perSecond = (accepted * 1_000) / (Date.now() - startedAtMs);
    return { failures, isSettled, perSecond };
  });
  const { failures, isSettled, perSecond } = result;
  if (failures.count > 0)
    throw new Error(`${failures.count} requests failed, the first with: ${failures.first}`);
  if (!isSettled) throw new Error('some checkouts have no outcome');
  return { perSecond, memoryMb: measurements.memoryMbMax };
}

/**
 * Offers checkouts at a rate for some seconds, watches the API meanwhile, and then measures the
 * rate that the system sustains after it.
 * @throws Error if there is no checkout to read during the flood, if none is accepted within a minute
 *   after it, or if a checkout of the load afterwards is refused, cut or not settled
 */
export async function measureOverload(
  flooded: FloodedSystem,
  sustained: Sustained,
  { rate, seconds, connections, afterwards }: Overload,
): Promise<OverloadSample> {
  const { generator, store } = flooded;
  const before = await store.checkouts.estimatedDocumentCount();
  const filter = { 'lines.variantId': flooded.variantIds[0] };
  const existing = await store.checkouts.findOne(filter, { projection: { _id: 1 } });
  if (existing === null) throw new Error('there is no checkout to read during the flood');
  const paths = [...PROBES, `/v1/checkouts/${existing._id}`];
  const plan = { ...toTarget(flooded), rate, seconds, connections };
  const { result, measurements } = await watchProcess({ ...flooded, paths }, async () => {
    const flood = await generator.call('flood', plan);
    const endedAt = performance.now();
    await untilAccepted(flooded);
    return { flood, endedAt, recoveredMs: performance.now() - endedAt };
  });
  const { flood, endedAt, recoveredMs } = result;
  const isSettled = await waitUntilDrained(store);
  const settledWithinSeconds = (performance.now() - endedAt) / 1_000;
  // Minus the checkout that showed the recovery.
  const stored = (await store.checkouts.estimatedDocumentCount()) - before - 1;
  const { perSecond: afterwardsPerSecond } = await measureSustained(flooded, afterwards);
  return {
    ...flood,
    ...measurements,
    connections,
    offeredPerSecond: rate,
    memoryGrowth: measurements.memoryMbMax / sustained.memoryMb,
    refusedAndStored: stored - flood.accepted,
    isSettled,
    settledWithinSeconds,
    recoveredMs,
    afterwardsPerSecond,
  };
}

/**
 * Repeats one checkout until it is accepted.
 * @throws Error if it is not accepted within a minute
 */
async function untilAccepted(flooded: FloodedSystem): Promise<void> {
  const target = toTarget(flooded);
  const client = new LightClient(flooded.apiUrl, 1);
  const endsAt = performance.now() + RECOVERY_MS_MAX;
  try {
    const isAccepted = async () => (await postOne(client, target, 0)).status === ACCEPTED;
    // A refusal may close the connection.
    while (!(await isAccepted().catch(() => false))) {
      if (performance.now() > endsAt) throw new Error('no checkout is accepted after the flood');
      await sleep(TRY_EVERY_MS);
    }
  } finally {
    client.close();
  }
}

function toTarget({ apiUrl, apiKey, variantIds }: FloodedSystem) {
  return { apiUrl, apiKey, variantIds, runId: randomUUID() };
}

/** Bounds that depend on how busy the machine is. */
interface OverloadBounds {
  readonly probeMsMax: number;
  readonly recoveredMsMax: number;
}

/** Describes the bounds that a flood broke. */
export function findBrokenPromises(
  sample: OverloadSample,
  { probeMsMax, recoveredMsMax }: OverloadBounds,
): string[] {
  const where = `over ${sample.connections} connections`;
  const problems: string[] = [];
  const atMost = (figure: string, value: number, max: number) => {
    if (value <= max) return;
    problems.push(`${where}: ${figure} is ${Number(value.toFixed(2))}, more than ${max}`);
  };
  const { sent, accepted, refused, cut, refusedAndStored } = sample;
  atMost(
    'the share of refused checkouts that are stored',
    share(refusedAndStored, refused + cut),
    0.05,
  );
  atMost('the number of accepted checkouts that are not stored', -refusedAndStored, 0);
  atMost('the growth of memory', sample.memoryGrowth, 2);
  atMost('the slowest probe in ms', sample.probeMsMax, probeMsMax);
  atMost('the number of failed probes', sample.probesFailed, 0);
  atMost('the recovery in ms', sample.recoveredMs, recoveredMsMax);
  if (!sample.isSettled) problems.push(`${where}: some accepted checkouts have no outcome`);
  if (sample.other !== undefined) {
    problems.push(`${where}: an answer is neither 202 nor a proper refusal: ${sample.other}`);
  } else if (accepted + refused + cut !== sent) {
    const ended = accepted + refused + cut;
    problems.push(`${where}: ${ended} of ${sent} checkouts were answered or cut`);
  }
  return problems;
}

function share(part: number, total: number): number {
  return part <= 0 ? 0 : part / Math.max(total, 1);
}
