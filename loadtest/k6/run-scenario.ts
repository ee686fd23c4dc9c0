import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { projectRoot } from '../../shared/runtime/env.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { Log } from '../../shared/runtime/output.ts';
import type { Annotate } from '../system/annotate.ts';
import type { Api } from '../system/api.ts';
import { finalVerdict, type SeenVerdict } from '../system/final-verdict.ts';
import type { RunningSystem } from '../system/running-system.ts';
import { describeResult, findDrift, findLedgerFailures, findLoadFailures } from './judge-run.ts';
import type { ScenarioRun } from './options.ts';
import { describeLoad, type Phase } from './phases.ts';
import { type K6Result, type K6Run, runK6 } from './run-k6.ts';
import { judgeSearch, searchBreakPoint } from './search-break-point.ts';
import {
  findOversold,
  prepareTestProducts,
  type TestProduct,
  type TestProducts,
} from './test-products.ts';

/** The input of a scenario's run. */
export interface ScenarioContext {
  readonly api: Api;
  readonly k6: string;
  readonly system: RunningSystem;
  readonly signal: AbortSignal;
  readonly output: K6Run['output'];
  readonly log: Log;
  /** Adds a note to the observatory. */
  readonly annotate: Annotate;
  /** The folder of the HTML reports. */
  readonly reports?: string;
  /** The maximum number of probes of a break-point search. */
  readonly probesMax: number;
}

/** The result of a scenario; it passed if there are no failures. */
export interface ScenarioResult {
  /** Lines that describe the measurements. */
  readonly figures: readonly string[];
  readonly failures: readonly string[];
  readonly verdict: SeenVerdict;
}

const ID_BYTES = 4;
const RATE_MAX = 5_000;
const REPORTS = join(projectRoot, 'reports');

/**
 * Runs a scenario, waits for the last outcomes, and judges it by k6 and by the record. Each load
 * that starts, and the result, are noted on the observatory.
 */
export async function runScenario(
  context: ScenarioContext,
  run: ScenarioRun,
): Promise<ScenarioResult> {
  try {
    const result = await loadAndJudge(context, run);
    await context.annotate(`k6 ${run.name}: ${describeResult(result)}`);
    return result;
  } catch (error) {
    await context.annotate(`k6 ${run.name}: not finished; ${errorMessage(error)}`);
    throw error;
  }
}

async function loadAndJudge(context: ScenarioContext, run: ScenarioRun): Promise<ScenarioResult> {
  const { name } = run;
  const load = await (name === 'break-point'
    ? searchRate(context, run)
    : runOnce(context, run, run.phases, name));
  context.log('k6 has finished; waiting for the last outcomes, then taking the verdict');
  const verdict = await finalVerdict(context.api, load.startedAt);
  const oversold = await findOversold(context.api, load.products);
  const ledger = findLedgerFailures(load.accepted, verdict, oversold);
  return { figures: load.figures, failures: [...load.failures, ...ledger], verdict };
}

/** The results of k6, before the record is judged. */
interface Load {
  /** When its products were on sale, before the first checkout. */
  readonly startedAt: Date;
  readonly products: TestProducts;
  readonly accepted: number;
  readonly figures: readonly string[];
  readonly failures: readonly string[];
}

async function runOnce(
  context: ScenarioContext,
  run: ScenarioRun,
  phases: readonly Phase[],
  name: string,
): Promise<Load> {
  const { isSigned } = run;
  const runId = `${name}-${randomBytes(ID_BYTES).toString('hex')}`;
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '');
  const report = join(context.reports ?? REPORTS, `${runId}-${time}.html`);
  const products = await prepareTestProducts(context.api, runId, phases);
  context.signal.throwIfAborted();
  context.log(`${runId}: ${[...products.values()].flat().length} products`);
  const startedAt = new Date();
  const form = run.isShort ? ', short' : '';
  await context.annotate(`k6 ${run.name}${form}: ${describeLoad(phases)}`);
  const k6 = await runK6({ ...context, runId, phases, products, isSigned, report });
  return {
    startedAt,
    products,
    accepted: k6.counts.accepted,
    figures: [...describeTimes(phases, k6), describeCounts(k6), `report: ${report}`],
    failures: [...findLoadFailures(k6), ...findDrift(k6.times)],
  };
}

async function searchRate(context: ScenarioContext, run: ScenarioRun): Promise<Load> {
  const [phase] = run.phases;
  if (phase === undefined) throw new RangeError('a break-point search needs a phase');
  const productsByRate = new Map<string, readonly TestProduct[]>();
  const figures: string[] = [];
  let accepted = 0;
  let startedAt: Date | undefined;
  const limits = { first: phase.rate, max: RATE_MAX, probesMax: context.probesMax };
  const breakPoint = await searchBreakPoint(limits, async (rate) => {
    const probe = { ...phase, rate };
    const load = await runOnce(context, run, [probe], `break-point-${rate}`);
    for (const products of load.products.values()) productsByRate.set(`${rate}`, products);
    accepted += load.accepted;
    startedAt ??= load.startedAt;
    figures.push(...load.figures);
    return load.failures;
  });
  const judged = judgeSearch(breakPoint);
  return {
    ...judged,
    startedAt: startedAt ?? new Date(),
    products: productsByRate,
    accepted,
    figures: [...figures, ...judged.figures],
  };
}

function describeTimes(phases: readonly Phase[], { times }: K6Result): string[] {
  return phases.map(({ name, rate, seconds }) => {
    const phaseTimes = times.get(name);
    const load = `${name}: ${rate}/s for ${seconds} s`;
    if (phaseTimes === undefined) return `${load}, no outcome`;
    const [post95, post99, outcome95, outcome99] = [
      phaseTimes.postP95,
      phaseTimes.postP99,
      phaseTimes.outcomeP95,
      phaseTimes.outcomeP99,
    ].map((ms) => Math.round(ms));
    return (
      `${load}; response p95 ${post95} ms, p99 ${post99} ms; ` +
      `outcome p95 ${outcome95} ms, p99 ${outcome99} ms`
    );
  });
}

function describeCounts({ counts }: K6Result): string {
  const shown = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return `k6 counted ${shown.join(', ')}`;
}
