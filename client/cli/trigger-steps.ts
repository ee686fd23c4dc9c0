import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import type { EventType, ProblemCode } from '../generated/schema.ts';
import type { Lastunit } from '../lastunit.ts';

/** A product that exists only for a trigger, and the client to change it. */
export interface TriggerContext {
  readonly lastunit: Lastunit;
  readonly productId: string;
  readonly variantId: string;
  /** When the product was created, by the clock of the API. */
  readonly startedAt: Date;
}

/** The units in stock of the product. */
export const STOCK = 5;
/** Orders of triggers lapse after this, so that they do not hold units for long. */
export const RESERVATION_S = 60;
/** The reservation of an order that is to lapse. */
export const LAPSE_S = 1;
/** How soon a sale starts or ends, or a draw closes. */
export const SOON_MS = 1_000;
export const HOUR_MS = 60 * 60 * 1_000;
export const NOTE = 'lastunit trigger';
export const BUYER = 'lastunit-cli';
const POLL_MS = 250;
const POLL_MS_MAX = 30_000;

/** Buys units of the product, and waits for the outcome. Without an order, `orderId` is empty. */
export async function buy(
  { lastunit, variantId }: TriggerContext,
  { quantity = 1, holdS = RESERVATION_S }: { quantity?: number; holdS?: number } = {},
): Promise<{ readonly checkoutId: string; readonly orderId: string }> {
  const lines = [{ variantId, quantity }];
  const request = { buyerId: BUYER, lines, reservationSeconds: holdS };
  const outcome = await lastunit.checkouts.submitAndWait(request);
  return { checkoutId: outcome.id, orderId: outcome.orders[0]?.id ?? '' };
}

/** Lets a checkout wait for more units than exist, withdraws it, and returns its id. */
export async function waitAndWithdraw({ lastunit, variantId }: TriggerContext): Promise<string> {
  const lines = [{ variantId, quantity: STOCK + 1 }];
  const whenSoldOut = { waitUntil: inMs(HOUR_MS) };
  const { id } = await lastunit.checkouts.create({ buyerId: BUYER, lines, whenSoldOut });
  await poll(`checkout ${id} does not wait`, async () => {
    return (await lastunit.checkouts.get(id)).status === 'waiting';
  });
  return (await lastunit.checkouts.withdraw(id)).id;
}

/** Buys a unit, confirms the order and returns its id. */
export async function buyAndConfirm(context: TriggerContext): Promise<string> {
  return confirm(context, (await buy(context)).orderId);
}

export async function confirm({ lastunit }: TriggerContext, orderId: string): Promise<string> {
  const paymentReference = `lastunit-cli-${orderId}`;
  return (await lastunit.orders.confirm(orderId, { paymentReference })).id;
}

export async function sendParcel(context: TriggerContext) {
  const orderId = await buyAndConfirm(context);
  const trackingReference = `CLI ${context.variantId}`;
  const parcel = await context.lastunit.orders.addParcel(orderId, { trackingReference });
  return { orderId, parcelId: parcel.id };
}

export async function createDraw(
  { lastunit, variantId }: TriggerContext,
  openMs: number,
): Promise<string> {
  const times = { opensAt: inMs(0), closesAt: inMs(openMs) };
  return (await lastunit.draws.create({ variantId, quantity: 1, ...times })).id;
}

/** Buys a unit, confirms and ships the order, and returns its id. */
export async function buyAndShip(context: TriggerContext): Promise<string> {
  return (await context.lastunit.orders.ship(await buyAndConfirm(context))).id;
}

/** Buys all units, and returns the id of the variant. */
export async function sellOut(context: TriggerContext): Promise<string> {
  await buy(context, { quantity: STOCK });
  return context.variantId;
}

export async function waitForLapse({ lastunit }: TriggerContext, orderId: string): Promise<string> {
  await poll(`order ${orderId} has not lapsed`, async () => {
    return (await lastunit.orders.get(orderId)).status === 'expired';
  });
  return orderId;
}

/** Waits for an event that a worker causes later. */
export async function waitForEvent(
  { lastunit, startedAt }: TriggerContext,
  type: EventType,
  subjectId: string,
): Promise<string> {
  const since = startedAt.toISOString();
  await poll(`there is no ${type} of ${subjectId}`, async () => {
    for await (const { data } of lastunit.events.list({ type, since })) {
      if (data.subjectId === subjectId) return true;
    }
    return false;
  });
  return subjectId;
}

/** @throws Error with the fault if `check` has not returned true within 30 s */
async function poll(fault: string, check: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + POLL_MS_MAX;
  while (!(await check())) {
    if (Date.now() >= giveUpAt) throw new Error(`${fault} within ${POLL_MS_MAX / 1_000} s`);
    await pause(POLL_MS);
  }
}

export function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

/** Returns a handler that ignores an `ApiError` with this code and rethrows every other error. */
export function ignoreCode(code: ProblemCode): (error: unknown) => void {
  return (error) => {
    if (error instanceof ApiError && error.code === code) return;
    throw error;
  };
}
