import { parseArgs } from 'node:util';
import { parseWholeNumber } from '../flag-values.ts';
import { SYSTEM_FLAGS, SYSTEM_FLAGS_HELP, type SystemFlags } from '../system/running-system.ts';
import { describeLoad, type LimitsMs, type Phase } from './phases.ts';
import { CATALOGUE, SCENARIOS, type ScenarioName, shorten } from './scenarios.ts';

/** A scenario to run, or the phases of a sale. */
export interface ScenarioRun {
  readonly name: ScenarioName | 'sale';
  readonly phases: readonly Phase[];
  readonly isSigned: boolean;
  /** Whether the phases are shortened to a few seconds. */
  readonly isShort: boolean;
}

/** The options of `npm run k6` and `npm run sale`. */
export interface K6Options {
  readonly runs: readonly ScenarioRun[];
  readonly system: SystemFlags;
}

const RATE_MAX = 5_000;
const SECONDS_MAX = 86_400;
const STOCK_PERCENT_MAX = 1_000;
const LIMIT_MS_MAX = 60_000;

/** Flags of the limits, each with the member of `LimitsMs` that it sets. */
const LIMIT_FLAGS = {
  'post-p95-ms': 'postP95',
  'post-p99-ms': 'postP99',
  'outcome-p95-ms': 'outcomeP95',
  'outcome-p99-ms': 'outcomeP99',
} as const;

const scenarioLines = SCENARIOS.map((name) => {
  const { about, phases } = CATALOGUE[name];
  return `  ${name.padEnd(12)} ${about}: ${describeLoad(phases)}`;
});

export const K6_HELP = `
npm run k6 -- SCENARIO [options]: runs a scenario of k6 on a running system, with products that it
creates first, and judges it by k6's thresholds and by the ledger's verdict. SCENARIO is one of these
or all:
${scenarioLines.join('\n')}
  --short              a few seconds at a low rate, to try a scenario
  --rate N             checkouts a second in each phase; the first rate of a break-point search
  --seconds N          duration of each phase, or of each probe of a break-point search
  --stock N            units in stock, in percent of the demand
  --post-p95-ms N, --post-p99-ms N         limits for the response to the POST
  --outcome-p95-ms N, --outcome-p99-ms N   limits for the time from POST to outcome
${SYSTEM_FLAGS_HELP}
The command uses k6 from the PATH, or builds it once with Go. HTML reports are written to reports/.
The start and the result of each run are marked on the observatory if its operator may make changes.
Exit codes: 1 if a threshold or the verdict fails, if no checkout was accepted, if the database holds
fewer checkouts than k6 got a 202 for, if a product was oversold, or if the end of a soak is much slower
than its beginning; 2 if k6 could not run; 130 if it was interrupted.`;

/** @throws Error naming the invalid argument and the values that are accepted */
export function readK6Options(args: readonly string[]): K6Options {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      rate: text,
      seconds: text,
      stock: text,
      'post-p95-ms': text,
      'post-p99-ms': text,
      'outcome-p95-ms': text,
      'outcome-p99-ms': text,
      ...SYSTEM_FLAGS,
    },
  });
  const read = (flag: 'rate' | 'seconds' | 'stock' | keyof typeof LIMIT_FLAGS, max: number) => {
    const value = values[flag];
    return value === undefined ? undefined : parseWholeNumber(flag, value, 1, max);
  };
  const limits: Partial<Record<keyof LimitsMs, number>> = {};
  for (const [flag, member] of listLimitFlags()) {
    const limit = read(flag, LIMIT_MS_MAX);
    if (limit !== undefined) limits[member] = limit;
  }
  const overrides = {
    rate: read('rate', RATE_MAX),
    seconds: read('seconds', SECONDS_MAX),
    stockPercent: read('stock', STOCK_PERCENT_MAX),
  };
  const change = (phase: Phase): Phase => {
    const base = values.short ? shorten(phase) : phase;
    return {
      ...base,
      rate: overrides.rate ?? base.rate,
      seconds: overrides.seconds ?? base.seconds,
      stockPercent: overrides.stockPercent ?? base.stockPercent,
      limitsMs: { ...base.limitsMs, ...limits },
    };
  };
  const runs = parseNames(positionals).map((name) => ({
    name,
    phases: CATALOGUE[name].phases.map(change),
    isSigned: CATALOGUE[name].isSigned ?? false,
    isShort: values.short,
  }));
  return { runs, system: values };
}

function listLimitFlags() {
  return Object.entries(LIMIT_FLAGS) as [keyof typeof LIMIT_FLAGS, keyof LimitsMs][];
}

function parseNames(positionals: readonly string[]): readonly ScenarioName[] {
  const [first, ...others] = positionals;
  const scenario = SCENARIOS.find((name) => name === first);
  if (others.length === 0 && first === 'all') return SCENARIOS;
  if (others.length === 0 && scenario !== undefined) return [scenario];
  const received = positionals.length === 0 ? 'none' : positionals.join(' ');
  throw new Error(`SCENARIO must be one of ${SCENARIOS.join(', ')}, or all, not ${received}`);
}
