import { Presets, SingleBar } from 'cli-progress';

/** Shows progress. */
export interface Meter {
  /** @param note a short text shown after the count */
  show(done: number, note?: string): void;
  stop(): void;
}

/** A terminal, a file or a pipe to show progress on. */
export type Display = NodeJS.WritableStream & { readonly isTTY?: boolean };

interface MeterOptions {
  /** What is counted, e.g. `invoices`. */
  readonly what: string;
  readonly total: number;
  readonly stream: Display;
}

const LINE_EVERY_MS = 5_000;
const REDRAWS_PER_S = 5;

/** Creates a progress bar on a terminal, and a line every few seconds elsewhere. */
export function createMeter(options: MeterOptions): Meter {
  return options.stream.isTTY ? barMeter(options) : lineMeter(options);
}

function barMeter({ what, total, stream }: MeterOptions): Meter {
  const format = `${what} {bar} {percentage} %  {value}/{total}  {note}  {eta_formatted} to go`;
  const bar = new SingleBar({ format, stream, fps: REDRAWS_PER_S }, Presets.shades_classic);
  bar.start(total, 0, { note: '' });
  return {
    show: (done, note = '') => bar.update(done, { note }),
    stop: () => bar.stop(),
  };
}

function lineMeter({ what, total, stream }: MeterOptions): Meter {
  let shownAt = Date.now();
  let shown = -1;
  let last = { done: 0, note: '' };
  const write = () => {
    const { done, note } = last;
    if (done === shown) return;
    shown = done;
    shownAt = Date.now();
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    stream.write(`${what} ${done}/${total} (${percent} %)${note && `  ${note}`}\n`);
  };
  return {
    show: (done, note = '') => {
      last = { done, note };
      if (Date.now() - shownAt >= LINE_EVERY_MS) write();
    },
    stop: write,
  };
}
