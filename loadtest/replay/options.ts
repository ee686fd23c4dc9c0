import { parseArgs } from 'node:util';
import { parseStock, parseWholeNumber, type StockPlan } from '../flag-values.ts';
import { SYSTEM_FLAGS, SYSTEM_FLAGS_HELP, type SystemFlags } from '../system/running-system.ts';
import type { OnError } from './csv/broken-rows.ts';
import type { InvoiceWindow } from './csv/invoices.ts';
import { parseLocalTime } from './csv/local-time.ts';

/** A multiple of the original speed, or `max` for as fast as the system allows. */
export type Speed = number | 'max';

/** The options of `npm run replay`. */
export interface ReplayOptions {
  readonly catalog: string;
  readonly invoices: string;
  readonly window: InvoiceWindow;
  readonly speed: Speed;
  readonly stock: StockPlan;
  /** Invoices in progress at the same time. */
  readonly concurrency: number;
  readonly onError: OnError;
  readonly restart: boolean;
  readonly system: SystemFlags;
}

const SPEED_MAX = 1_000_000;
/** Measured: 128 settle a third more invoices a second than 64; more than 128 bring no gain. */
const CONCURRENCY_DEFAULT = 128;
const CONCURRENCY_MAX = 512;

export const REPLAY_HELP = `
npm run replay -- --catalog C --invoices I [options]: replays real invoices on a running system.
Each invoice becomes one checkout, and every placed order is confirmed. The last line is the verdict
as JSON. The files are CSV, gzipped or not:
  --catalog FILE      sku,title,unit_price_pence; each row becomes a published product with one
                      variant, which later runs with the same catalogue reuse
  --invoices FILE     invoice_id,timestamp,customer_id,country,sku,quantity; an invoice's rows must be
                      consecutive; quantities of the same SKU are added up
  --from T, --to T    only invoices at or after --from and before --to; T is a time like
                      2010-12-01T08:26:00 or 2010-12-01
  --speed N|max       N times the original speed, or as fast as possible (max, the default)
  --stock N|exact|half
                      available units at the start: N of each SKU, exactly the total demand
                      (default), or half of it, rounded down
  --concurrency N     invoices in progress at the same time, ${CONCURRENCY_DEFAULT} by default, at most ${CONCURRENCY_MAX}
  --on-error stop|skip
                      whether broken rows stop the command before the replay (default) or are
                      skipped; in both cases it prints their number and the first line numbers
  --restart           starts a new run even if an interrupted one could be continued
The same command continues an interrupted run and buys no invoice twice. The state of the run is in
DATA_DIR/replay-<hash>.json. After a finished run, the same command starts a new one.
${SYSTEM_FLAGS_HELP}
Exit codes: 1 if the verdict is not ok, if it counts fewer checkouts than were accepted, or if an
invoice or a confirmation was refused (not counting orders that could no longer be confirmed); 2 if the
replay could not run; 130 if it was interrupted.`;

/** @throws Error naming the invalid flag and the values that it accepts */
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
    throw new Error('--catalog FILE and --invoices FILE are needed; see --help');
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
  throw new Error(`--speed must be max or a number above 0 and at most ${SPEED_MAX}, not ${text}`);
}
