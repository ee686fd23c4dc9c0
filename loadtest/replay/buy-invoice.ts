import { WAIT_SECONDS_MAX } from '../../shared/contract/limits.ts';
import { type Api, type ApiAnswer, describeAnswer } from '../system/api.ts';
import type { Invoice } from './csv/invoices.ts';
import type { Confirmations, InvoiceResult } from './progress/tally.ts';
import type { Assortment } from './stock-shop.ts';

/** The number of waits for an outcome, of `WAIT_SECONDS_MAX` each. */
const WAITS_MAX = 10;

interface InvoiceContext {
  readonly api: Api;
  readonly runId: string;
  readonly assortment: Assortment;
}

/**
 * Posts an invoice as a checkout, waits for the outcome and confirms the orders. The response to
 * the checkout usually contains the outcome, which saves a second request. The idempotency key
 * consists of the run and the invoice, so that a continued run buys nothing twice.
 * @throws SystemUnreachableError if the system does not respond; the invoice can be replayed
 */
export async function buyInvoice(
  context: InvoiceContext,
  invoice: Invoice,
): Promise<InvoiceResult> {
  const answer = await context.api.call({
    method: 'POST',
    path: '/v1/checkouts',
    idempotencyKey: `replay-${context.runId}-${encodeURIComponent(invoice.id)}`,
    body: { buyerId: invoice.buyerId, lines: toCheckoutLines(context.assortment, invoice) },
    waitS: WAIT_SECONDS_MAX,
  });
  const checkoutId = answer.body['id'];
  const isAccepted = answer.status === 200 || answer.status === 202;
  if (!isAccepted || typeof checkoutId !== 'string') {
    return { kind: 'refused', answer: describeAnswer(answer) };
  }
  const outcome = readOutcome(answer.body) ?? (await awaitOutcome(context.api, checkoutId));
  if (outcome.status === 'rejected')
    return { kind: 'rejected', code: readRejectionCode(outcome.rejection) };
  if (outcome.status !== 'placed') return { kind: 'failed' };
  return { kind: 'placed', ...(await confirmOrders(context.api, outcome.orderIds)) };
}

async function confirmOrders(api: Api, orderIds: readonly string[]): Promise<Confirmations> {
  let [confirmed, unconfirmed] = [0, 0];
  const refusals: string[] = [];
  for (const orderId of orderIds) {
    const answer = await api.call({ method: 'POST', path: `/v1/orders/${orderId}/confirm` });
    if (answer.status === 200) confirmed += 1;
    else if (answer.status === 409 && answer.body['code'] === 'invalid_transition')
      unconfirmed += 1;
    else refusals.push(describeAnswer(answer));
  }
  return { confirmed, unconfirmed, refusals };
}

function toCheckoutLines(assortment: Assortment, { units, id }: Invoice) {
  return Array.from(units, ([sku, quantity]) => {
    const variantId = assortment.get(sku)?.variantId;
    if (variantId === undefined) throw new RangeError(`invoice ${id}: there is no product ${sku}`);
    return { variantId, quantity };
  });
}

interface Outcome {
  readonly status: unknown;
  readonly orderIds: readonly string[];
  readonly rejection: unknown;
}

async function awaitOutcome(api: Api, checkoutId: string): Promise<Outcome> {
  const path = `/v1/checkouts/${checkoutId}`;
  for (let waits = 1; ; waits += 1) {
    const { body } = await api.call({ method: 'GET', path, waitS: WAIT_SECONDS_MAX });
    const outcome = readOutcome(body);
    if (outcome !== undefined) return outcome;
    if (waits === WAITS_MAX) return { status: body['status'], orderIds: [], rejection: undefined };
  }
}

/** Reads the outcome of a checkout; undefined if it is still queued. */
function readOutcome(body: ApiAnswer['body']): Outcome | undefined {
  const { status, orders, rejection } = body;
  const isFinal = status === 'placed' || status === 'rejected' || status === 'failed';
  return isFinal ? { status, orderIds: readOrderIds(orders), rejection } : undefined;
}

function readOrderIds(orders: unknown): string[] {
  if (!Array.isArray(orders)) return [];
  return orders.map((order: { readonly id?: unknown }) => String(order.id));
}

function readRejectionCode(rejection: unknown): string {
  const isObject = typeof rejection === 'object' && rejection !== null;
  return isObject && 'code' in rejection ? String(rejection.code) : 'unknown';
}
