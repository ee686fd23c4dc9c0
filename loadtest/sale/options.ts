import { parseArgs } from 'node:util';
import { parseNames, parseWholeNumber } from '../flag-values.ts';
import type { K6Options } from '../k6/options.ts';
import { LIMITS_MS, type LimitsMs } from '../k6/phases.ts';
import { SYSTEM_FLAGS, SYSTEM_FLAGS_HELP, type SystemFlags } from '../system/running-system.ts';

const SCENARIOS = ['hot', 'spread', 'mix'] as const;

const RATES = { hot: 200, spread: 100, mix: 50 };
const RATE_MAX = 5_000;
const SECONDS = 20;
const SECONDS_MAX = 3_600;
const STOCK_PERCENT = 50;
const STOCK_PERCENT_MAX = 1_000;
const LIMIT_MS_MAX = 60_000;

export const SALE_HELP = `
npm run sale [-- options]: runs a flash sale with k6 on a running system, with products that it
creates first. The last line is the ledger's verdict as JSON. Buyers arrive at a constant rate; each
posts a checkout and waits for its outcome. The scenarios run one after the other:
  hot      all buyers buy one product                  ${RATES.hot} checkouts/s   --hot-rate N
  spread   each buyer buys one of 100 products         ${RATES.spread} checkouts/s   --spread-rate N
  mix      each buyer buys several of 40, some twice    ${RATES.mix} checkouts/s   --mix-rate N
  --scenarios hot,mix  runs only these scenarios
  --seconds N          duration of each scenario, ${SECONDS} by default
  --stock N            units in stock, in percent of the demand, ${STOCK_PERCENT} by default
  --signed             signs every request with the signing key from demo.json
  --post-p95-ms N, --post-p99-ms N         limits for the response to the POST, ${LIMITS_MS.postP95} and ${LIMITS_MS.postP99}
  --outcome-p95-ms N, --outcome-p99-ms N   limits for the time from POST to outcome, ${LIMITS_MS.outcomeP95} and ${LIMITS_MS.outcomeP99}
The rates suit a laptop with two cores that runs everything: k6 itself needs 160 to 400 µs of CPU per
request, and a checkout takes two requests. npm run bench measures what the system can do.
${SYSTEM_FLAGS_HELP}
The command uses k6 from the PATH, or builds it once with Go. The HTML report is written to reports/.
The start and the result are marked on the observatory if its operator may make changes.
Exit codes: 1 if a threshold or the verdict fails, if no checkout was accepted, if the database holds
fewer checkouts than k6 got a 202 for, or if a product was oversold; 2 if the sale could not run; 130 if
it was interrupted.`;

/** @throws Error naming the invalid flag and the values that it accepts */
export function readSaleOptions(args: readonly string[]): K6Options {
  const number = (defaultNumber: number) =>
    ({ type: 'string', default: String(defaultNumber) }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenarios: { type: 'string', default: SCENARIOS.join(',') },
      seconds: number(SECONDS),
      stock: number(STOCK_PERCENT),
      'hot-rate': number(RATES.hot),
      'spread-rate': number(RATES.spread),
      'mix-rate': number(RATES.mix),
      'post-p95-ms': number(LIMITS_MS.postP95),
      'post-p99-ms': number(LIMITS_MS.postP99),
      'outcome-p95-ms': number(LIMITS_MS.outcomeP95),
      'outcome-p99-ms': number(LIMITS_MS.outcomeP99),
      signed: { type: 'boolean', default: false },
      ...SYSTEM_FLAGS,
    },
  });
  const read = (flag: Exclude<keyof typeof values, keyof SystemFlags | 'signed'>, max: number) =>
    parseWholeNumber(flag, values[flag], 1, max);
  const seconds = read('seconds', SECONDS_MAX);
  const stockPercent = read('stock', STOCK_PERCENT_MAX);
  const limitsMs: LimitsMs = {
    postP95: read('post-p95-ms', LIMIT_MS_MAX),
    postP99: read('post-p99-ms', LIMIT_MS_MAX),
    outcomeP95: read('outcome-p95-ms', LIMIT_MS_MAX),
    outcomeP99: read('outcome-p99-ms', LIMIT_MS_MAX),
  };
  const buyers = {
    buyer: 'long-polling',
    mayShed: false,
    seconds,
    stockPercent,
    limitsMs,
  } as const;
  const phases = parseNames('scenarios', values.scenarios, SCENARIOS).map((name) => {
    return { name, cart: name, rate: read(`${name}-rate`, RATE_MAX), ...buyers };
  });
  const run = { name: 'sale', phases, isSigned: values.signed, isShort: false } as const;
  return { runs: [run], system: values };
}
