import { z } from 'zod';

const count = z.int().min(0).default(0);

/** The results of a run's invoices so far. */
export const tallySchema = z.object({
  /** Answered 202. */
  accepted: count,
  placed: count,
  rejected: count,
  /** Ended as `failed`, without an outcome, or refused by the API. */
  failed: count,
  /** Placed orders that were confirmed, and those that could no longer be confirmed. */
  confirmed: count,
  unconfirmed: count,
  /** File rows of the invoices that have an outcome. */
  rows: count,
  /** Refusals by the API: the number of each response. */
  refusals: z.record(z.string(), z.int()).default({}),
  /** The number of rejections by code. */
  rejections: z.record(z.string(), z.int()).default({}),
});

export type Tally = z.output<typeof tallySchema>;

/** The result of one invoice. */
export type InvoiceEnd =
  | { readonly kind: 'placed'; readonly confirmed: number; readonly unconfirmed: number }
  | { readonly kind: 'rejected'; readonly code: string }
  | { readonly kind: 'failed' }
  | { readonly kind: 'refused'; readonly answer: string };

/** The number of different responses that are counted separately. */
const KINDS_MAX = 20;

/** Adds the result of an invoice with this many rows. */
export function addEnd(tally: Tally, end: InvoiceEnd, rows: number): void {
  tally.rows += rows;
  if (end.kind !== 'refused') tally.accepted += 1;
  switch (end.kind) {
    case 'placed':
      tally.placed += 1;
      tally.confirmed += end.confirmed;
      tally.unconfirmed += end.unconfirmed;
      return;
    case 'rejected':
      tally.rejected += 1;
      addTo(tally.rejections, end.code);
      return;
    case 'failed':
      tally.failed += 1;
      return;
    case 'refused':
      tally.failed += 1;
      addTo(tally.refusals, end.answer);
      return;
  }
}

function addTo(counts: Record<string, number>, word: string): void {
  const isFull = counts[word] === undefined && Object.keys(counts).length >= KINDS_MAX;
  const key = isFull ? 'other' : word;
  counts[key] = (counts[key] ?? 0) + 1;
}
