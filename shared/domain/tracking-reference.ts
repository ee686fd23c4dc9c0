import { refuseField } from './errors.ts';

/** Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U to misread. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SYMBOLS = 20;
const GROUP = 5;
const PREFIX = 'LU';
const FORM = new RegExp(`^${PREFIX}(-[${ALPHABET}]{${GROUP}}){${SYMBOLS / GROUP}}$`, 'i');

/** Creates a reference from a digest of 20 bytes or more, e.g. `LU-7K3MD-00QXA-ZT5RW-9B1CE`. */
export function trackingReferenceFrom(digest: Uint8Array): string {
  // The low five bits of each byte are as evenly distributed as the bytes.
  const symbols = Array.from({ length: SYMBOLS }, (_, at) => ALPHABET[(digest[at] ?? 0) % 32]);
  const groups = Array.from({ length: SYMBOLS / GROUP }, (_, group) =>
    symbols.slice(group * GROUP, (group + 1) * GROUP).join(''),
  );
  return [PREFIX, ...groups].join('-');
}

/** Returns whether a text has the form of the system's own references, whatever its letter case. */
export function isOwnTrackingReference(text: string): boolean {
  return FORM.test(text);
}

/**
 * Checks that a reference is not one that the system assigns to another order.
 * @param given the reference in the request, if any
 * @param own the reference that the system assigns to this order
 * @throws RefusedError invalid_request
 */
export function checkTrackingReference(given: string | undefined, own: string): void {
  if (given === undefined || !isOwnTrackingReference(given) || given === own) return;
  const message = 'Only the system assigns references of this form, one to each order.';
  throw refuseField('invalid_request', 'trackingReference', message);
}
