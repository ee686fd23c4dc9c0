import { pause } from '../../shared/runtime/deadline.ts';
import type { Invoice } from './csv/invoices.ts';
import type { Speed } from './options.ts';
import type { DoneSet } from './progress/done-set.ts';
import type { InvoiceEnd } from './progress/tally.ts';

interface Replay {
  readonly speed: Speed;
  readonly concurrency: number;
  readonly done: DoneSet;
  /** Aborted to begin no more invoices. */
  readonly signal: AbortSignal;
  readonly playOne: (invoice: Invoice) => Promise<InvoiceEnd>;
  readonly onEnd: (invoice: Invoice, end: InvoiceEnd) => void;
  /** Told how late the invoice that now begins is, in ms of real time; never at full speed. */
  readonly onLate?: (lateMs: number) => void;
}

/** How far the others may get ahead of the oldest invoice that is under way. */
const AHEAD_MAX = 10_000;
/** Timers cannot be set for months. */
const PAUSE_MS_MAX = 3_600_000;

/**
 * Plays the invoices that are not done yet, each when it is due and so many at a time, and
 * resolves when those that have begun are over.
 * @throws the first error of an invoice; no others begin after it
 */
export async function replayInvoices(
  invoices: AsyncIterable<Invoice>,
  replay: Replay,
): Promise<void> {
  const { speed, concurrency, done, playOne, onEnd } = replay;
  const failing = new AbortController();
  const signal = AbortSignal.any([replay.signal, failing.signal]);
  const gate = new Gate();
  const mayBegin = () => gate.insideCount < concurrency && done.aheadCount < AHEAD_MAX;
  let pace: Pace | undefined;
  try {
    for await (const invoice of invoices) {
      if (done.has(invoice.index)) continue;
      pace ??= { speed, firstAt: invoice.at, startedAt: Date.now() };
      await untilDue(pace, invoice, signal);
      await gate.enter(mayBegin, signal);
      if (signal.aborted) break;
      replay.onLate?.(lateMs(pace, invoice));
      playOne(invoice)
        .then((end) => {
          done.add(invoice.index);
          onEnd(invoice, end);
        })
        .catch((error: unknown) => failing.abort(error))
        .finally(() => gate.leave());
    }
  } finally {
    await gate.empty();
  }
  if (failing.signal.aborted) throw failing.signal.reason;
}

interface Pace {
  readonly speed: Speed;
  readonly firstAt: number;
  readonly startedAt: number;
}

function lateMs({ speed, firstAt, startedAt }: Pace, { at }: Invoice): number {
  return speed === 'max' ? 0 : Date.now() - startedAt - (at - firstAt) / speed;
}

async function untilDue(pace: Pace, invoice: Invoice, signal: AbortSignal): Promise<void> {
  for (let waitMs = -lateMs(pace, invoice); waitMs > 0 && !signal.aborted; ) {
    await pause(Math.min(waitMs, PAUSE_MS_MAX), signal);
    waitMs = -lateMs(pace, invoice);
  }
}

/** Lets one who waits in whenever somebody leaves. */
class Gate {
  insideCount = 0;
  #wake: () => void = () => undefined;

  async enter(mayEnter: () => boolean, signal: AbortSignal): Promise<void> {
    while (!mayEnter() && !signal.aborted) await this.#somebodyLeft();
    if (!signal.aborted) this.insideCount += 1;
  }

  leave(): void {
    this.insideCount -= 1;
    this.#wake();
  }

  async empty(): Promise<void> {
    while (this.insideCount > 0) await this.#somebodyLeft();
  }

  #somebodyLeft(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
