import type { Contact } from './contact.ts';
import { type Metadata, type MetadataChanges, mergeMetadata } from './metadata.ts';
import { pick } from './pick.ts';
import type { OrderStatus } from './vocabulary.ts';

/** The maximum number of amendments of one order. */
export const AMENDMENTS_MAX = 200;

/** The facts of an order that can be amended. */
export const AMENDABLE_FIELDS = ['shippingAddress', 'contact', 'note', 'metadata'] as const;

/** See `AMENDABLE_FIELDS`. */
export type AmendableField = (typeof AMENDABLE_FIELDS)[number];

/** The address, contact, note and metadata of an order. */
export interface CarriedFacts {
  readonly shippingAddress?: Readonly<Record<string, string>>;
  readonly contact?: Contact;
  readonly note?: string;
  readonly metadata?: Metadata;
}

/** Changes of an order's facts: null removes a fact, and metadata changes by key. */
export interface Amendment {
  readonly shippingAddress?: Readonly<Record<string, string>> | null;
  readonly contact?: Contact | null;
  readonly note?: string | null;
  readonly metadata?: MetadataChanges;
}

/** The fields of an order that an amendment depends on. */
interface AmendedOrder extends CarriedFacts {
  readonly status: OrderStatus;
  readonly history: readonly { readonly kind?: string }[];
}

/** The decision on an amendment. */
export type AmendmentDecision =
  | {
      readonly kind: 'amended';
      /** All facts of the order after the amendment. */
      readonly facts: CarriedFacts;
      readonly fields: readonly AmendableField[];
    }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Decides an amendment. The address, contact and note can change while the order is pending or
 * confirmed, the metadata at any time.
 * @throws RefusedError invalid_request if there would be too many metadata keys
 */
export function decideAmendment(order: AmendedOrder, amendment: Amendment): AmendmentDecision {
  const { metadata, ...personal } = amendment;
  const amended = { ...pick(order, ...AMENDABLE_FIELDS), ...personal };
  const facts = {
    ...(amended.shippingAddress && { shippingAddress: amended.shippingAddress }),
    ...(amended.contact && { contact: amended.contact }),
    ...(amended.note && { note: amended.note }),
    ...mergeMetadata(order.metadata, metadata),
  };
  const fields = AMENDABLE_FIELDS.filter((name) => !isSame(facts[name], order[name]));
  if (fields.length === 0) return { kind: 'unchanged' };
  const isOpen = order.status === 'pending' || order.status === 'confirmed';
  if (!isOpen && fields.some((name) => name !== 'metadata')) {
    const reason = `an order that is ${order.status} keeps its address, contact and note`;
    return { kind: 'refused', reason };
  }
  const earlier = order.history.filter(({ kind }) => kind === 'details_changed').length;
  if (earlier >= AMENDMENTS_MAX) {
    return { kind: 'refused', reason: `the order has already been changed ${earlier} times` };
  }
  return { kind: 'amended', facts, fields };
}

/** Returns whether two texts, or two objects of texts, are equal. Keys may be in any order. */
function isSame(
  first: CarriedFacts[AmendableField],
  second: CarriedFacts[AmendableField],
): boolean {
  const toComparable = (value: CarriedFacts[AmendableField]) =>
    JSON.stringify(typeof value === 'object' ? Object.entries(value).sort() : value);
  return toComparable(first) === toComparable(second);
}
