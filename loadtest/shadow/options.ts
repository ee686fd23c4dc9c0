import { parseArgs } from 'node:util';
import { parseStock, parseWholeNumber, type StockPlan } from '../flag-values.ts';
import type { OnError } from '../replay/csv/broken-rows.ts';
import { RESULTS } from './feed.ts';

/** The options of `npm run shadow`. */
export interface ShadowOptions {
  readonly feed: string;
  /** Units of SKUs without a stock line. */
  readonly stock: StockPlan | undefined;
  readonly onError: OnError;
  /** The maximum number of findings to print. */
  readonly list: number;
  /** A file for all findings. */
  readonly out: string | undefined;
}

/** The feed that `npm run shadow -- --generate` writes. */
export interface GenerateOptions {
  readonly generate: string;
  readonly orders: number;
  readonly seed: number;
}

const ORDERS = 2_000;
const ORDERS_MAX = 200_000;
const SEED = 1;
const SEED_MAX = 2 ** 31 - 1;
const LIST = 20;
const LIST_MAX = 100_000;

export const SHADOW_HELP = `
npm run shadow -- --feed FILE|URL [options]: reads the orders and the stock of another shop, finds what
it oversold or wrongly refused, and decides the same orders by the rule of Lastunit's workers. Needs no
server and changes nothing. The last line is the result as JSON.
The feed is CSV with a header, or NDJSON, gzipped or not. A line has
  time      like 2026-11-27T09:00:00Z; without a zone it counts as UTC
  sku, quantity
  result    ${RESULTS.join(', ')}; accepted if missing.
            stock: this many units are for sale now. delivery: units arrived, or were lost if negative;
            ignored for a SKU without an earlier stock line, unless --stock is set.
            cancelled: units of an accepted order were returned.
  order     the order's id; its lines are accepted or refused together. Required with cancelled
Other names of these columns: timestamp, at, date, created_at; units, qty; status, outcome; order_id,
invoice_id. Names may have any letter case.
Lines with the same time are read in the order of the feed.
  --stock N|exact|half   units at the start of SKUs whose first line is not a stock line: N, their
                         total demand, or half of it; by default their lines are not judged
  --on-error stop|skip   whether broken lines stop the command (default) or are skipped
  --list N               how many findings to print, ${LIST} by default
  --out FILE             writes all findings as NDJSON
npm run shadow -- --generate FILE [options]: writes the feed of a shop that decides by a copy of its
stock, to try the command with.
  --orders N             how many orders the feed has, ${ORDERS} by default
  --seed N               the same seed generates the same feed, ${SEED} by default
Exit codes: 0 if the shop decided all orders correctly; 1 if not; 2 if the feed cannot be judged.`;

/** @throws Error naming the invalid flag and the values that it accepts */
export function readShadowOptions(args: readonly string[]): ShadowOptions | GenerateOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      feed: { type: 'string' },
      stock: { type: 'string' },
      'on-error': { type: 'string', default: 'stop' },
      list: { type: 'string', default: String(LIST) },
      out: { type: 'string' },
      generate: { type: 'string' },
      orders: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const { generate, orders = String(ORDERS), seed = String(SEED) } = values;
  if (generate !== undefined) {
    if (values.feed !== undefined) throw new Error('use --feed or --generate, not both');
    return {
      generate,
      orders: parseWholeNumber('orders', orders, 1, ORDERS_MAX),
      seed: parseWholeNumber('seed', seed, 0, SEED_MAX),
    };
  }
  const { feed, out, stock } = values;
  if (feed === undefined) throw new Error('--feed FILE|URL is needed; see --help');
  const onError = values['on-error'];
  if (onError !== 'stop' && onError !== 'skip') throw new Error('--on-error must be stop or skip');
  return {
    feed,
    out,
    onError,
    stock: stock === undefined ? undefined : parseStock(stock),
    list: parseWholeNumber('list', values.list, 0, LIST_MAX),
  };
}
