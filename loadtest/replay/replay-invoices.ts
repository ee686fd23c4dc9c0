import { pause } from '../../shared/runtime/deadline.ts';
import type { Invoice } from './csv/invoices.ts';
import type { Speed } from './options.ts';
import type { DoneSet } from './progress/done-set.ts';
import type { InvoiceEnd } from './progress/tally.ts';

interface Replay {
  readonly speed: Speed;
  readonly concurrency: number;
  readonly done: DoneSet;
  /** Starts no more invoices once aborted. */
  readonly signal: AbortSignal;
  readonly playOne: (invoice: Invoice) => Promise<InvoiceEnd>;
  readonly onEnd: (invoice: Invoice, end: InvoiceEnd) => void;
  /** Called with the delay of each starting invoice in ms of real time; not at full speed. */
  readonly onLate?: (lateMs: number) => void;
}

/** The most finished invoices after the oldest unfinished one. */
const AHEAD_MAX = 10_000;
/** Timers have a maximum; longer pauses are split. */
const PAUSE_MS_MAX = 3_600_000;

/**
 * Replays the unfinished invoices, each when it is due, within the concurrency limit. Resolves when
 * all started invoices have ended.
 * @throws the first error of an invoice, after which no others start
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

/** Limits how many invoices are in progress. `enter` waits until another one leaves. */
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
