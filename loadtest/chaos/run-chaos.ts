import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { type Api, openApi } from '../system/api.ts';
import { type Choices, createChoices } from '../system/choices.ts';
import { finalVerdict, type SeenVerdict } from '../system/final-verdict.ts';
import { type BuyersLog, runBuyers } from '../upgrade/buyers.ts';
import { countMissing } from '../upgrade/run-upgrade.ts';
import { type ChaosSystem, withChaosSystem } from './chaos-system.ts';
import { FAULT_NAMES, FAULTS, type FaultName } from './faults.ts';
import { type MovesLog, moveOrders } from './move-orders.ts';
import type { ChaosOptions } from './options.ts';
import { measureRecovery } from './recovery.ts';
import { type RecordLog, watchRecord } from './watch-record.ts';

/** A fault that was caused, and how long the system took to settle a checkout after it. */
interface CausedFault {
  readonly fault: FaultName;
  readonly recoveredMs?: number;
  /** Why the fault, or the recovery from it, failed. */
  readonly failure?: string;
}

/** The result of a campaign. */
export interface ChaosReport {
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly faults: readonly CausedFault[];
  readonly notRun: readonly { readonly fault: FaultName; readonly reason: string }[];
  /** Checkouts that were answered with 202, by the buyers' own log. */
  readonly accepted: number;
  readonly repeated: number;
  /** Accepted checkouts that are neither placed nor rejected in the record. */
  readonly missing: number;
  readonly confirmed: number;
  readonly cancelled: number;
  readonly unexpected: readonly string[];
  /** The number of comparisons of stock, orders and movements, and the differences found. */
  readonly compared: number;
  readonly differences: readonly string[];
  readonly verdict: SeenVerdict;
  readonly ok: boolean;
}

const BUYERS = 6;
const CONNECTIONS = 4;
const UNEXPECTED_MAX = 10;

interface Logs {
  readonly faults: readonly CausedFault[];
  readonly buyers: BuyersLog;
  readonly moves: MovesLog;
  readonly record: RecordLog;
}

/** Causes faults while buyers buy and orders move, and then judges the record. */
export async function runChaos(
  options: ChaosOptions,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<ChaosReport> {
  const startedAt = new Date();
  return withChaosSystem(log, async (system) => {
    const api = openApi(system.running, CONNECTIONS);
    try {
      const choices = createChoices(options.seed);
      const logs = await runCampaign({ system, api, choices, options, log, signal });
      log('the campaign is over; waiting for the last outcomes, then taking the verdict');
      const verdict = await finalVerdict(api, startedAt);
      const missing = await countMissing(system.store, logs.buyers.accepted);
      const seconds = Math.round((Date.now() - startedAt.getTime()) / 1_000);
      return toReport(options, logs, { verdict, missing, seconds, isInterrupted: signal.aborted });
    } finally {
      api.close();
    }
  });
}

interface Campaign {
  readonly system: ChaosSystem;
  readonly api: Api;
  readonly choices: Choices;
  readonly options: ChaosOptions;
  readonly log: Log;
  readonly signal: AbortSignal;
}

async function runCampaign(campaign: Campaign): Promise<Logs> {
  const { system, api, choices, signal } = campaign;
  const ending = new AbortController();
  const until = AbortSignal.any([signal, ending.signal]);
  const record = watchRecord(system.store);
  const buying = runBuyers({
    name: 'chaos',
    apiUrls: () => system.apiUrls,
    apiKey: system.running.apiKey,
    variantIds: system.variantIds,
    buyers: BUYERS,
    signal: until,
  });
  const moving = moveOrders(api, choices, until);
  // Errors are reported below, where the promises are awaited.
  for (const work of [buying, moving]) work.catch(() => ending.abort());
  try {
    const faults = await causeFaults(campaign, until).finally(() => ending.abort());
    const [buyers, moves] = await Promise.all([buying, moving]);
    await record.stop();
    return { faults, buyers, moves, record: await record.finish() };
  } finally {
    await record.stop();
  }
}

async function causeFaults(
  { system, api, choices, options, log }: Campaign,
  signal: AbortSignal,
): Promise<CausedFault[]> {
  const caused: CausedFault[] = [];
  const variantId = system.variantIds.at(-1) ?? '';
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const fault of choices.shuffle(options.faults)) {
      if (signal.aborted) return caused;
      log(`round ${round} of ${options.rounds}: ${fault}`);
      try {
        await FAULTS[fault](system, choices);
        const probe = { key: `chaos-probe-${caused.length}`, variantId };
        caused.push({ fault, recoveredMs: await measureRecovery(api, probe) });
      } catch (error) {
        const failure = errorMessage(error);
        caused.push({ fault, failure });
        log(`FAILED: ${fault}: ${failure}`);
        return caused;
      }
    }
  }
  return caused;
}

interface Judgement {
  readonly verdict: SeenVerdict;
  readonly missing: number;
  readonly seconds: number;
  readonly isInterrupted: boolean;
}

function toReport(
  { seed, rounds, faults: selected }: ChaosOptions,
  { faults, buyers, moves, record }: Logs,
  { verdict, missing, seconds, isInterrupted }: Judgement,
): ChaosReport {
  const unexpected = [...buyers.unexpected, ...moves.unexpected];
  const causedNames = new Set(faults.map(({ fault }) => fault));
  const reasonNotRun = isInterrupted ? 'the campaign was interrupted' : 'an earlier fault failed';
  const hasFailed = faults.some(({ failure }) => failure !== undefined);
  return {
    ...{ seed, rounds, seconds, faults },
    notRun: FAULT_NAMES.filter((fault) => !causedNames.has(fault)).map((fault) => ({
      fault,
      reason: selected.includes(fault) ? reasonNotRun : 'not selected by --faults',
    })),
    accepted: buyers.accepted.length,
    repeated: buyers.repeated,
    missing,
    confirmed: moves.confirmed,
    cancelled: moves.cancelled,
    unexpected: unexpected.slice(0, UNEXPECTED_MAX),
    compared: record.compared,
    differences: record.differences,
    verdict,
    ok:
      !hasFailed &&
      buyers.accepted.length > 0 &&
      missing + unexpected.length + record.differences.length + verdict.failed === 0 &&
      verdict.ok,
  };
}
