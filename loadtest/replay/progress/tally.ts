import { z } from 'zod';

const count = z.int().min(0).default(0);

/** What has become of a run's invoices so far. */
export const tallySchema = z.object({
  /** Answered 202. */
  accepted: count,
  placed: count,
  rejected: count,
  /** Ended as `failed`, without an outcome, or not taken at all. */
  failed: count,
  /** Of those placed: orders that were confirmed, and that could not be any more. */
  confirmed: count,
  unconfirmed: count,
  /** Rows of the file in invoices that have an outcome. */
  rows: count,
  /** Not taken: what the API answered, and how often. */
  refusals: z.record(z.string(), z.int()).default({}),
  /** Rejection codes, and how often. */
  rejections: z.record(z.string(), z.int()).default({}),
});

export type Tally = z.output<typeof tallySchema>;

/** What became of one invoice. */
export type InvoiceEnd =
  | { readonly kind: 'placed'; readonly confirmed: number; readonly unconfirmed: number }
  | { readonly kind: 'rejected'; readonly code: string }
  | { readonly kind: 'failed' }
  | { readonly kind: 'refused'; readonly answer: string };

/** Different answers that are told apart. */
const KINDS_MAX = 20;

/** Counts what became of an invoice of so many rows. */
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
