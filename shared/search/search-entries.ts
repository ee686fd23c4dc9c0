import { toOutcome, toTokens } from '../domain/search-tokens.ts';
import { toTrackingReference } from '../runtime/ids.ts';
import {
  type CheckoutRecord,
  ERASED_HASH_PREFIX,
  toSentKey,
} from '../store/collections/checkouts.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import type { SearchRecord } from '../store/collections/search.ts';

/** A search entry without the id of the request that writes it. */
export type SearchEntry = Omit<SearchRecord, 'requestId'>;

/** The fields of a checkout that are indexed. */
export type IndexedCheckout = Pick<
  CheckoutRecord,
  | '_id'
  | 'storefrontId'
  | 'madeBy'
  | 'buyerId'
  | 'contact'
  | 'status'
  | 'idempotencyKey'
  | 'requestHash'
  | 'cartId'
  | 'lines'
  | 'receivedAt'
  | 'acceptedAt'
  | 'settledAt'
  | 'rejection'
  | 'replays'
>;

export const CHECKOUT_FIELDS = {
  storefrontId: 1,
  madeBy: 1,
  buyerId: 1,
  contact: 1,
  status: 1,
  idempotencyKey: 1,
  requestHash: 1,
  cartId: 1,
  'lines.sku': 1,
  'lines.shopId': 1,
  receivedAt: 1,
  acceptedAt: 1,
  settledAt: 1,
  rejection: 1,
  replays: 1,
};

/** The fields of an order that are indexed. */
export type IndexedOrder = Pick<
  OrderRecord,
  | '_id'
  | 'checkoutId'
  | 'shopId'
  | 'storefrontId'
  | 'buyerId'
  | 'contact'
  | 'status'
  | 'seq'
  | 'lines'
  | 'paymentReference'
  | 'trackingReference'
  | 'parcels'
  | 'placedAt'
  | 'history'
>;

export const ORDER_FIELDS = {
  checkoutId: 1,
  shopId: 1,
  storefrontId: 1,
  buyerId: 1,
  contact: 1,
  status: 1,
  seq: 1,
  'lines.sku': 1,
  paymentReference: 1,
  trackingReference: 1,
  'parcels.trackingReference': 1,
  placedAt: 1,
  history: 1,
};

/** Returns the entry of a checkout. Only operators search checkouts. */
export function toCheckoutEntry(checkout: IndexedCheckout): SearchEntry {
  const { _id, storefrontId, buyerId, status, cartId } = checkout;
  const { lines, receivedAt, acceptedAt, settledAt, rejection } = checkout;
  return {
    _id,
    kind: 'checkout',
    at: receivedAt,
    changedAt: settledAt ?? acceptedAt,
    status,
    version: toCheckoutVersion(checkout),
    tokens: toTokens({
      ids: [_id, ...present(cartId)],
      values: [buyerId, ...listContactValues(checkout), ...present(toSentKey(checkout))],
      commonValues: lines.map(({ sku }) => sku),
      outcome: toOutcome(status, rejection?.code),
      shopIds: [],
      facts: {
        status: [status],
        shop: [storefrontId, ...lines.map(({ shopId }) => shopId)],
        ...(rejection && { reason: [rejection.code] }),
      },
    }),
  };
}

/**
 * Returns a number that increases with each change of a checkout's status. It also increases when
 * the buyer's data are erased, so that no entry with these data replaces the entry without them.
 * The status alone is not enough, because a replay queues the checkout again.
 */
function toCheckoutVersion({ status, requestHash, replays = 0 }: IndexedCheckout): number {
  // Only checkouts with an outcome are erased.
  const ended = requestHash.startsWith(ERASED_HASH_PREFIX) ? 3 : 2;
  const step = { queued: 0, waiting: 1, placed: ended, rejected: ended, failed: ended }[status];
  return 4 * replays + step;
}

/** Returns the entry of an order, which its seller and its storefront can search. */
export function toOrderEntry(order: IndexedOrder): SearchEntry {
  const { _id, checkoutId, shopId, storefrontId, lines, status, seq, placedAt, history } = order;
  const audience = [...new Set([shopId, storefrontId])];
  return {
    _id,
    kind: 'order',
    at: placedAt,
    changedAt: history.at(-1)?.at ?? placedAt,
    status,
    audience,
    version: seq,
    tokens: toTokens({
      ids: [_id, checkoutId, toTrackingReference(_id)],
      values: listOrderValues(order),
      commonValues: lines.map(({ sku }) => sku),
      outcome: toOutcome(status),
      shopIds: audience,
      facts: { status: [status], shop: audience },
    }),
  };
}

/**
 * Lists the values by which people look for an order: buyer, contact and references, including
 * earlier tracking references and the references of unmatched payments.
 */
function listOrderValues(order: IndexedOrder): string[] {
  const { buyerId, paymentReference, trackingReference, parcels = [], history } = order;
  return [
    buyerId,
    ...listContactValues(order),
    ...present(paymentReference),
    ...present(trackingReference),
    ...parcels.map((parcel) => parcel.trackingReference),
    ...history.flatMap((entry) => [
      ...('paymentReference' in entry ? [entry.paymentReference] : []),
      ...('previous' in entry ? listReferences(entry.previous) : []),
    ]),
  ];
}

/**
 * Lists the contact's email address, phone number and name. A phone number is also found by its
 * digits alone.
 */
function listContactValues({ contact }: Pick<IndexedOrder, 'contact'>): string[] {
  const { email, phone, name } = contact ?? {};
  const digits = phone?.replaceAll(/\D/g, '');
  return [email, phone, digits, name].flatMap(present);
}

function listReferences(previous: object | undefined): string[] {
  const { trackingReference } = { trackingReference: undefined, ...previous };
  return typeof trackingReference === 'string' ? [trackingReference] : [];
}

function present(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}
