import type { ApiError, Cart, Checkout, Order, Product } from '../../client/index.ts';

/** The messages to a buyer for each refusal. */
const REJECTIONS: Readonly<Record<string, string>> = {
  withdrawn: 'You have taken your order back. You have not paid anything.',
  out_of_stock: 'Sold out: someone else bought the last unit. You have not paid anything.',
  price_changed: 'A price has changed. Check the cart and order again.',
  product_unavailable: 'A product is no longer for sale.',
  wait_over: 'No units came back in time. You have not paid anything.',
  too_many_lapsed_holds:
    'You did not pay for three reservations of this product. You can wait for units, behind other buyers.',
  held_share_reached: 'Other buyers hold the units that we may sell. Try again in a few minutes.',
  not_drawn: 'Your entry was not drawn this time. You have not paid anything.',
  purchase_limit_reached: 'You already have as many of these as one buyer may buy.',
};

/** The message if the buyer's own order holds the units. */
const OWN_HOLD =
  'Not available for now: an order of yours holds the units. You have not paid anything.';

/** The messages to a buyer for each state of a checkout. */
const STATES: Readonly<Record<string, string>> = {
  queued: 'We are checking the stock…',
  waiting: 'Sold out for now. Your order is placed as soon as units come back.',
  entered: 'You are in the draw. This page shows the result once it has closed.',
  placed: 'Thank you. Your order is placed.',
  failed: 'Something went wrong on our side. Nothing was bought.',
};

/** The words for the states of an order. */
const ORDER_STATES: Readonly<Record<string, string>> = {
  pending: 'not paid yet',
  confirmed: 'paid',
  expired: 'lapsed, because it was not paid in time',
};

/** The server does not know the buyer's time zone. */
const TIME = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' },
  ...{ timeZone: 'UTC', timeZoneName: 'short' },
});

/** Formats an amount in minor units. */
export function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en-GB', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}

/** Formats a time for buyers. */
export function time(at: string): string {
  return TIME.format(new Date(at));
}

/** Returns the words for the state of an order. */
export function describeOrder({ status }: Pick<Order, 'status'>): string {
  return ORDER_STATES[status] ?? status;
}

/** Returns what a buyer reads about a checkout. */
export function describeCheckout({ status, rejection, drawId }: Checkout): string {
  const code = rejection?.code ?? '';
  // A limit has its own message; the page names the order that uses it up below the message.
  const isLimited = code === 'purchase_limit_reached';
  if (rejection?.heldByYou !== undefined && !isLimited) return OWN_HOLD;
  if (status === 'rejected') return REJECTIONS[code] ?? `Refused: ${code}.`;
  const state = drawId !== undefined && status === 'waiting' ? 'entered' : status;
  return STATES[state] ?? status;
}

/** Returns the place of a checkout in line; empty if it has none. */
export function describePlace({ queue }: Pick<Checkout, 'queue'>): string {
  if (queue === undefined) return '';
  const { ahead, estimatedMs } = queue;
  const others = ahead === 1 ? '1 order comes' : `${ahead} orders come`;
  const place = ahead === 0 ? 'You are next in line.' : `${others} before yours.`;
  return estimatedMs === null ? place : `${place} It takes about ${duration(estimatedMs)}.`;
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  return seconds <= 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

/** Returns why a product cannot be bought at this moment; undefined if it can. */
export function describeSale(
  { saleFrom, saleUntil }: Pick<Product, 'saleFrom' | 'saleUntil'>,
  now: Date,
): string | undefined {
  if (saleUntil !== undefined && new Date(saleUntil) <= now) return 'The sale is over.';
  if (saleFrom !== undefined && new Date(saleFrom) > now) return `On sale from ${time(saleFrom)}.`;
  return undefined;
}

/** Returns why an order was refused, if the buyer can correct it or come back later. */
export function describeFault({ code, problem, errors }: ApiError): string | undefined {
  if (code === 'not_on_sale_yet' || code === 'sale_over') {
    return describeSale(problem, new Date()) ?? problem.detail;
  }
  const [fault] = errors;
  return fault && `${fault.path}: ${fault.message}`;
}

/** Returns how many units a buyer may buy; undefined without a limit. */
export function describeLimit({
  purchaseLimit,
}: Pick<Product, 'purchaseLimit'>): string | undefined {
  if (purchaseLimit === undefined) return undefined;
  const { quantity, days } = purchaseLimit;
  const within = days === undefined ? '' : days === 1 ? ' a day' : ` in ${days} days`;
  return `At most ${quantity} for each buyer${within}.`;
}

/** Returns what has changed in a cart since its buyer saw it. */
export function describeChange(
  { kind, before = 0, after = 0 }: Cart['changes'][number],
  currency: string,
): string {
  switch (kind) {
    case 'price_changed':
      return `the price was ${money(before, currency)} and is ${money(after, currency)} now.`;
    case 'not_enough':
      return `only ${after} left.`;
    case 'unavailable':
      return 'sold out.';
    case 'quantity_not_allowed':
      return `not sold in this quantity; ${after} is the nearest.`;
    case 'purchase_limit_reached':
      return after === 0 ? 'you may not buy any more.' : `you may buy only ${after} more.`;
    case 'held_share_reached':
      return after === 0 ? 'other buyers hold the units.' : `other buyers hold all but ${after}.`;
    case 'too_many_lapsed_holds':
      return 'you did not pay for three reservations, and can only wait for units.';
    case 'withdrawn':
      return 'no longer for sale. Remove it.';
    case 'currency_changed':
      return 'sold in another currency now. Remove it.';
  }
}
