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
  /** The thing that is counted, e.g. `invoices`. */
  readonly what: string;
  readonly total: number;
  readonly stream: Display;
}

const LINE_EVERY_MS = 5_000;
const REDRAWS_PER_S = 5;

/** Creates a progress bar on a terminal, and a line every few seconds elsewhere. */
export function createMeter({ what, total, stream }: MeterOptions): Meter {
  const bar = new SingleBar(
    {
      format: stream.isTTY
        ? `${what} {bar} {percentage} %  {value}/{total}  {note}  {eta_formatted} to go`
        : `${what} {value}/{total} ({percentage} %)  {note}`,
      stream,
      fps: REDRAWS_PER_S,
      noTTYOutput: true,
      notTTYSchedule: LINE_EVERY_MS,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { note: '' });
  return {
    show: (done, note = '') => bar.update(done, { note }),
    stop: () => bar.stop(),
  };
}
