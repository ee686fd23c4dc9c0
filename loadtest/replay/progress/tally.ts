import { z } from 'zod';

const count = z.int().min(0).default(0);
const counts = z.record(z.string(), z.int()).default({});

/** The results of a run's invoices so far. */
export const tallySchema = z.object({
  /** Checkouts that the API accepted. */
  accepted: count,
  placed: count,
  rejected: count,
  /** Checkouts that ended as `failed`, had no outcome in time, or were refused by the API. */
  failed: count,
  /** Placed orders that were confirmed, and placed orders that could no longer be confirmed. */
  confirmed: count,
  unconfirmed: count,
  /** The number of confirmations that were refused for another reason, by the text of the response. */
  confirmationRefusals: counts,
  /** File rows of the finished invoices. */
  rows: count,
  /** The number of refusals by the API, by the text of the response. */
  refusals: counts,
  /** The number of rejections by code. */
  rejections: counts,
});

export type Tally = z.output<typeof tallySchema>;

/** The results of confirming the orders of one invoice. */
export interface Confirmations {
  readonly confirmed: number;
  /** Orders that could no longer be confirmed. */
  readonly unconfirmed: number;
  /** All other refusals, as text. */
  readonly refusals: readonly string[];
}

/** The result of one invoice. */
export type InvoiceResult =
  | ({ readonly kind: 'placed' } & Confirmations)
  | { readonly kind: 'rejected'; readonly code: string }
  | { readonly kind: 'failed' }
  | { readonly kind: 'refused'; readonly answer: string };

/** How many different responses or codes are counted separately; further ones count as `other`. */
const KINDS_MAX = 20;

/** Adds the result of an invoice with this many rows. */
export function addResult(tally: Tally, result: InvoiceResult, rows: number): void {
  tally.rows += rows;
  if (result.kind !== 'refused') tally.accepted += 1;
  switch (result.kind) {
    case 'placed':
      tally.placed += 1;
      tally.confirmed += result.confirmed;
      tally.unconfirmed += result.unconfirmed;
      for (const answer of result.refusals) addTo(tally.confirmationRefusals, answer);
      return;
    case 'rejected':
      tally.rejected += 1;
      addTo(tally.rejections, result.code);
      return;
    case 'failed':
      tally.failed += 1;
      return;
    case 'refused':
      tally.failed += 1;
      addTo(tally.refusals, result.answer);
      return;
  }
}

function addTo(counts: Record<string, number>, text: string): void {
  const isFull = counts[text] === undefined && Object.keys(counts).length >= KINDS_MAX;
  const key = isFull ? 'other' : text;
  counts[key] = (counts[key] ?? 0) + 1;
}
