import { pause } from '../../shared/runtime/deadline.ts';
import { runConcurrently } from '../system/run-concurrently.ts';
import type { Invoice } from './csv/invoices.ts';
import type { Speed } from './options.ts';
import type { DoneSet } from './progress/done-set.ts';
import type { InvoiceResult } from './progress/tally.ts';

interface Replay {
  readonly speed: Speed;
  readonly concurrency: number;
  readonly done: DoneSet;
  /** Starts no more invoices once aborted. */
  readonly signal: AbortSignal;
  readonly playOne: (invoice: Invoice) => Promise<InvoiceResult>;
  readonly onEnd: (invoice: Invoice, result: InvoiceResult) => void;
  /** Called with the delay of each starting invoice in ms of real time; 0 at full speed. */
  readonly onLate?: (lateMs: number) => void;
}

/** How many invoices may be finished ahead of the first unfinished invoice. */
const AHEAD_MAX = 10_000;
const AHEAD_POLL_MS = 10;
/** Timers have a maximum; longer pauses are split. */
const PAUSE_MS_MAX = 3_600_000;

/**
 * Replays the unfinished invoices, each when it is due, within the concurrency limit. Resolves when
 * all started invoices have ended.
 * @throws the first error of an invoice, after which no invoice starts
 */
export async function replayInvoices(
  invoices: AsyncIterable<Invoice>,
  replay: Replay,
): Promise<void> {
  const { concurrency, done, playOne, onEnd, onLate } = replay;
  const failing = new AbortController();
  const signal = AbortSignal.any([replay.signal, failing.signal]);
  const source = whenDue(invoices, { ...replay, signal });
  await runConcurrently(source, concurrency, async ({ invoice, lateMs }) => {
    if (signal.aborted) return;
    onLate?.(lateMs());
    const result = await playOne(invoice).catch((error: unknown) => {
      failing.abort(error);
      throw error;
    });
    done.add(invoice.index);
    onEnd(invoice, result);
  });
}

/** Yields each unfinished invoice when it is due, until the replay is interrupted. */
async function* whenDue(invoices: AsyncIterable<Invoice>, { speed, done, signal }: Replay) {
  let first: { readonly at: number; readonly startedAt: number } | undefined;
  for await (const invoice of invoices) {
    if (done.has(invoice.index)) continue;
    first ??= { at: invoice.at, startedAt: Date.now() };
    const { at, startedAt } = first;
    const dueAt = speed === 'max' ? startedAt : startedAt + (invoice.at - at) / speed;
    for (let waitMs = dueAt - Date.now(); waitMs > 0 && !signal.aborted; ) {
      await pause(Math.min(waitMs, PAUSE_MS_MAX), signal);
      waitMs = dueAt - Date.now();
    }
    while (done.aheadCount >= AHEAD_MAX && !signal.aborted) await pause(AHEAD_POLL_MS, signal);
    if (signal.aborted) return;
    yield { invoice, lateMs: () => (speed === 'max' ? 0 : Date.now() - dueAt) };
  }
}
