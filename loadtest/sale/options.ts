import { parseArgs } from 'node:util';
import { SYSTEM_FLAGS, SYSTEM_FLAGS_HELP } from '../system/running-system.ts';

export const SCENARIOS = ['hot', 'spread', 'mix'] as const;

export type ScenarioName = (typeof SCENARIOS)[number];

/** A scenario as it is asked for: `rate` in checkouts a second. */
export interface ScenarioPlan {
  readonly name: ScenarioName;
  readonly rate: number;
  readonly seconds: number;
}

/** Thresholds in ms: of the answer to the POST, and from the POST to the outcome. */
export interface LimitsMs {
  readonly postP95: number;
  readonly postP99: number;
  readonly outcomeP95: number;
  readonly outcomeP99: number;
}

/** What a person asked for. */
export interface SaleOptions {
  readonly scenarios: readonly ScenarioPlan[];
  /** Units in stock of each product, in percent of those that will be asked for. */
  readonly stockPercent: number;
  readonly limitsMs: LimitsMs;
  /** Whether buyers come by way of a key that signs its requests. */
  readonly isSigned: boolean;
  readonly system: { readonly [Flag in keyof typeof SYSTEM_FLAGS]?: string | undefined };
}

const RATES = { hot: 200, spread: 100, mix: 50 };
const RATE_MAX = 5_000;
const SECONDS = 20;
const SECONDS_MAX = 3_600;
const STOCK_PERCENT = 50;
const STOCK_PERCENT_MAX = 1_000;
/** Ten times what an idle laptop needs: whether it is fast is for `npm run bench` to say. */
const LIMITS_MS = { postP95: 500, postP99: 1_000, outcomeP95: 1_000, outcomeP99: 2_000 };
const LIMIT_MS_MAX = 60_000;

export const SALE_HELP = `
npm run sale [-- options]: a flash sale by k6 against a running system, on products that it makes for
it, then the ledger's verdict as JSON on the last line. Buyers arrive at a constant rate; each posts
a checkout and waits for its outcome. One scenario after the other:
  hot      everybody wants one product         ${RATES.hot} checkouts/s   --hot-rate N
  spread   one of a catalogue of 100           ${RATES.spread} checkouts/s   --spread-rate N
  mix      several of 40, some named twice      ${RATES.mix} checkouts/s   --mix-rate N
  --scenarios hot,mix  only these
  --seconds N          how long each takes, ${SECONDS} by default
  --stock N            units in stock, in percent of what will be asked for, ${STOCK_PERCENT} by default
  --signed             every request is signed, by the key that demo.json has for it
  --post-p95-ms N, --post-p99-ms N         limits on the answer to the POST, ${LIMITS_MS.postP95} and ${LIMITS_MS.postP99}
  --outcome-p95-ms N, --outcome-p99-ms N   on the time from POST to outcome, ${LIMITS_MS.outcomeP95} and ${LIMITS_MS.outcomeP99}
The rates suit a laptop of two cores with everything on it: k6 itself needs 160 to 400 µs of CPU for
each request, and a checkout is two. For what the system can do see npm run bench.
${SYSTEM_FLAGS_HELP}
k6 is the one on the PATH, else it is built once with Go. The HTML report goes to reports/.
Ends with 1 if a threshold or the verdict fails, the record knows of fewer checkouts than k6 got a 202
for, or more was sold than there was; with 2 if there could be no sale; with 130 if interrupted.`;

/** @throws Error naming the flag that is wrong and what it accepts */
export function readSaleOptions(args: readonly string[]): SaleOptions {
  const number = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenarios: { type: 'string', default: SCENARIOS.join(',') },
      seconds: number,
      stock: number,
      'hot-rate': number,
      'spread-rate': number,
      'mix-rate': number,
      'post-p95-ms': number,
      'post-p99-ms': number,
      'outcome-p95-ms': number,
      'outcome-p99-ms': number,
      signed: { type: 'boolean', default: false },
      ...SYSTEM_FLAGS,
    },
  });
  const read = (
    flag: Exclude<keyof typeof values, 'scenarios' | 'signed'>,
    max: number,
    normal: number,
  ) => {
    return parseWholeNumber(flag, values[flag], max, normal);
  };
  const seconds = read('seconds', SECONDS_MAX, SECONDS);
  return {
    scenarios: parseNames(values.scenarios).map((name) => {
      return { name, rate: read(`${name}-rate`, RATE_MAX, RATES[name]), seconds };
    }),
    stockPercent: read('stock', STOCK_PERCENT_MAX, STOCK_PERCENT),
    limitsMs: {
      postP95: read('post-p95-ms', LIMIT_MS_MAX, LIMITS_MS.postP95),
      postP99: read('post-p99-ms', LIMIT_MS_MAX, LIMITS_MS.postP99),
      outcomeP95: read('outcome-p95-ms', LIMIT_MS_MAX, LIMITS_MS.outcomeP95),
      outcomeP99: read('outcome-p99-ms', LIMIT_MS_MAX, LIMITS_MS.outcomeP99),
    },
    isSigned: values.signed,
    system: values,
  };
}

function parseNames(text: string): ScenarioName[] {
  const asked = text.split(',').map((word) => word.trim());
  const unknown = asked.find((word) => !SCENARIOS.some((name) => name === word));
  if (unknown === undefined) return SCENARIOS.filter((name) => asked.includes(name));
  throw new Error(`--scenarios must be some of ${SCENARIOS.join(',')}, not ${unknown}`);
}

function parseWholeNumber(flag: string, text: string | undefined, max: number, normal: number) {
  if (text === undefined) return normal;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= max) return number;
  throw new Error(`--${flag} must be a whole number from 1 to ${max}, not ${text}`);
}
