import { randomUUID } from 'node:crypto';
import { pause } from '../../../shared/runtime/deadline.ts';
import type { Failures, OpenPlan, OpenResult, Target } from '../load/plans.ts';
import type { BenchedSystem } from '../system/benched-system.ts';
import type { Sample, Stage } from './stage.ts';

/** The part of the stage that the loops need. */
export type LoopStage = Pick<Stage, 'generator' | 'services' | 'watch'>;

/** Ends a round even on a very slow machine, which then posts fewer checkouts. */
const POSTING_S_MAX = 60;
/** The search counts as stuck if its lag has reached no new minimum for this long. */
const INDEXING_STALLED_MS_MAX = 120_000;
const INDEXED_POLL_MS = 100;

/** The result of a closed loop; `perSecond` counts checkouts accepted and settled. */
export interface LoopSample extends Sample {
  readonly acceptedPerSecond: number;
  /** CPU use from the last outcome until the search contained all checkouts of the round. */
  readonly indexing: Sample['use'];
}

/** A closed loop: each buyer posts its next checkout when the previous one is answered. */
export interface ClosedLoop {
  readonly system: BenchedSystem;
  readonly variants: 'hot' | 'spread';
  readonly checkouts: number;
  readonly connections: number;
}

/**
 * Runs a closed loop and waits until all its checkouts have an outcome and the search contains
 * them.
 * @throws Error if a checkout was not accepted or has no outcome, or if the search does not catch up
 */
export async function measureClosedLoop(stage: LoopStage, loop: ClosedLoop): Promise<LoopSample> {
  const { system, checkouts, connections } = loop;
  const target = toTarget(system, loop.variants);
  const stop = watch(stage, system);
  const plan = { ...target, checkouts, connections, secondsMax: POSTING_S_MAX };
  const result = await stage.generator.call('closed', plan);
  await drain(system);
  const settledAtMs = Date.now();
  const use = stop();
  requireNoFailures(result.failures, `${system.name} ${loop.variants}`);
  const stopIndexing = watch(stage, system);
  await untilIndexed(system);
  const { accepted, startedAtMs, endedAtMs } = result;
  return {
    operations: accepted,
    perSecond: perSecond(accepted, settledAtMs - startedAtMs),
    acceptedPerSecond: perSecond(accepted, endedAtMs - startedAtMs),
    use,
    indexing: stopIndexing(),
  };
}

/** The result of an open loop; `perSecond` counts the outcomes that reached the client. */
export interface LatencySample extends Sample {
  readonly seen: OpenResult;
}

/**
 * Runs an open loop for some seconds and waits until the search contains all its checkouts.
 * @throws Error if a checkout was not accepted or not placed, or if the search does not catch up
 */
export async function measureLatency(
  stage: LoopStage,
  system: BenchedSystem,
  options: Pick<OpenPlan, 'rate' | 'isOneRequest'> & { readonly seconds: number },
): Promise<LatencySample> {
  const { rate, isOneRequest, seconds } = options;
  const stop = watch(stage, system);
  const checkouts = Math.ceil(rate * seconds);
  const plan = { ...toTarget(system, 'hot'), rate, checkouts, isOneRequest };
  const seen = await stage.generator.call('open', plan);
  const use = stop();
  requireNoFailures(seen.failures, 'the open loop');
  await untilIndexed(system);
  return { operations: seen.settled, perSecond: seen.settled / seen.seconds, use, seen };
}

/** Returns what the checkouts of a loop buy, and the API and the key with which they are sent. */
export function toTarget({ apiUrl, shop }: BenchedSystem, variants: 'hot' | 'spread'): Target {
  const lines = variants === 'hot' ? [shop.hot] : shop.spread;
  const variantIds = lines.map((line) => line.variantId);
  return { apiUrl, apiKey: shop.apiKey, variantIds, runId: randomUUID() };
}

/** Starts a measurement of the processes that a checkout passes. */
export function watch({ generator, watch: start }: LoopStage, system: BenchedSystem) {
  return start({
    client: generator.pid,
    api: system.apiPid,
    redis: system.servers.redis.pids,
    worker: system.workerPid,
    mongod: system.servers.mongodb.pids,
  });
}

/** Waits until every checkout in the database has an outcome. */
async function drain(system: BenchedSystem): Promise<void> {
  if (!(await system.untilDrained()))
    throw new Error(`${system.name}: some checkouts have no outcome`);
}

/** Waits until the search is up to date, so that indexing one round does not slow the next. */
async function untilIndexed(system: BenchedSystem): Promise<void> {
  let lowestLagMs = Number.POSITIVE_INFINITY;
  let lowestSince = Date.now();
  for (;;) {
    const lagMs = await system.searchLagMs();
    if (lagMs === 0) return;
    if (lagMs < lowestLagMs) {
      lowestLagMs = lagMs;
      lowestSince = Date.now();
    }
    if (Date.now() - lowestSince > INDEXING_STALLED_MS_MAX)
      throw new Error(`${system.name}: the search does not catch up`);
    await pause(INDEXED_POLL_MS);
  }
}

function requireNoFailures({ count, first }: Failures, where: string): void {
  if (count > 0) throw new Error(`${where}: ${count} requests failed, the first with: ${first}`);
}

function perSecond(count: number, ms: number): number {
  return (count * 1_000) / ms;
}
