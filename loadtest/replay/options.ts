import { parseArgs } from 'node:util';
import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { SYSTEM_FLAGS, SYSTEM_FLAGS_HELP } from '../system/running-system.ts';
import type { OnError } from './csv/broken-rows.ts';
import type { InvoiceWindow } from './csv/invoices.ts';
import { parseLocalTime } from './csv/local-time.ts';

/** How many times as fast as it was: 1 as it was, `max` as fast as the system goes. */
export type Speed = number | 'max';

/** Units of each SKU that can be bought at the start: so many, what will be asked for, or half. */
export type StockPlan = number | 'exact' | 'half';

/** What a person asked for. */
export interface ReplayOptions {
  readonly catalog: string;
  readonly invoices: string;
  readonly window: InvoiceWindow;
  readonly speed: Speed;
  readonly stock: StockPlan;
  /** Invoices under way at the same time. */
  readonly concurrency: number;
  readonly onError: OnError;
  readonly restart: boolean;
  readonly system: { readonly [Flag in keyof typeof SYSTEM_FLAGS]?: string | undefined };
}

const SPEED_MAX = 1_000_000;
/** Twice as many as 64 settled a third more here; more again brought nothing. */
const CONCURRENCY_DEFAULT = 128;
const CONCURRENCY_MAX = 512;

export const REPLAY_HELP = `
npm run replay -- --catalog C --invoices I [options]: plays real invoices through a running system,
each as one checkout, confirms every order that is placed, and prints the verdict as JSON on the
last line. The files are CSV, gzipped or not:
  --catalog FILE      sku,title,unit_price_pence; each becomes a published product of one variant,
                      which later runs with the same catalogue use again
  --invoices FILE     invoice_id,timestamp,customer_id,country,sku,quantity; an invoice's rows stand
                      together, rows of one SKU are summed
  --from T, --to T    only invoices of T on, and before T: 2010-12-01T08:26:00 or 2010-12-01
  --speed N|max       N times as fast as it was (1: as it was); max (default): as fast as it goes
  --stock N|exact|half
                      what can be bought at first: N of each, exactly what will be asked for
                      (default), or half of that, rounded down
  --concurrency N     invoices under way at the same time, ${CONCURRENCY_DEFAULT} by default, ${CONCURRENCY_MAX} at most
  --on-error stop|skip
                      broken rows end it before anything is played (default), or are left out;
                      either way their line numbers are said, and how many there are
  --restart           begin anew although an interrupted run could be continued
A run that was interrupted is continued by the same command, and no invoice is bought twice; its
state is kept in DATA_DIR/replay-<hash>.json. After a finished run the same command begins anew.
${SYSTEM_FLAGS_HELP}
Ends with 1 if the verdict is not ok, knows of fewer checkouts than were accepted, or an invoice
was not taken; with 2 if it could not be played; with 130 if it was interrupted.`;

/** @throws Error naming the flag that is wrong and what it accepts */
export function readReplayOptions(args: readonly string[]): ReplayOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      catalog: { type: 'string' },
      invoices: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      speed: { type: 'string', default: 'max' },
      stock: { type: 'string', default: 'exact' },
      concurrency: { type: 'string', default: String(CONCURRENCY_DEFAULT) },
      'on-error': { type: 'string', default: 'stop' },
      restart: { type: 'boolean', default: false },
      ...SYSTEM_FLAGS,
    },
  });
  const { catalog, invoices } = values;
  if (catalog === undefined || invoices === undefined) {
    throw new Error('--catalog FILE and --invoices FILE are needed; --help tells the rest');
  }
  const window = { from: parseTime('from', values.from), to: parseTime('to', values.to) };
  if (window.from !== undefined && window.to !== undefined && window.to <= window.from) {
    throw new Error('--to must be later than --from');
  }
  const onError = values['on-error'];
  if (onError !== 'stop' && onError !== 'skip') throw new Error('--on-error must be stop or skip');
  return {
    catalog,
    invoices,
    window,
    speed: parseSpeed(values.speed),
    stock: parseStock(values.stock),
    concurrency: parseWholeNumber('concurrency', values.concurrency, 1, CONCURRENCY_MAX),
    onError,
    restart: values.restart,
    system: values,
  };
}

function parseTime(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = parseLocalTime(text);
  if (time !== undefined) return time;
  throw new Error(`--${flag} must be a time like 2010-12-01T08:26:00 or 2010-12-01, not ${text}`);
}

function parseSpeed(text: string): Speed {
  if (text === 'max') return text;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (speed > 0 && speed <= SPEED_MAX) return speed;
  throw new Error(`--speed must be max or a number above 0, ${SPEED_MAX} at most, not ${text}`);
}

function parseStock(text: string): StockPlan {
  if (text === 'exact' || text === 'half') return text;
  return parseWholeNumber('stock', text, 0, ON_HAND_MAX, 'exact, half or ');
}

function parseWholeNumber(flag: string, text: string, min: number, max: number, or = ''): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Error(`--${flag} must be ${or}a whole number from ${min} to ${max}, not ${text}`);
}
