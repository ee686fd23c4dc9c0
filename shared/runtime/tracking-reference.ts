import { hash } from 'node:crypto';

/** Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U to misread. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SYMBOLS = 20;
const GROUP = 5;
const PREFIX = 'LU';
const FORM = new RegExp(`^${PREFIX}(-[${ALPHABET}]{${GROUP}}){${SYMBOLS / GROUP}}$`, 'i');

/**
 * The reference under which an order can be asked after until its carrier gives it another, e.g.
 * `LU-7K3MD-00QXA-ZT5RW-9B1CE`. It follows from the order's id, so it costs nothing to store: 100
 * bits of the id's SHA-256, of which not even 10¹² orders make two alike but once in a million.
 */
export function trackingReferenceOf(orderId: string): string {
  const digest = hash('sha256', `tracking ${orderId}`, 'buffer');
  // The low five bits of each byte: as evenly spread as the bytes are.
  const symbols = Array.from({ length: SYMBOLS }, (_, at) => ALPHABET[(digest[at] ?? 0) % 32]);
  const groups = Array.from({ length: SYMBOLS / GROUP }, (_, group) =>
    symbols.slice(group * GROUP, (group + 1) * GROUP).join(''),
  );
  return [PREFIX, ...groups].join('-');
}

/** Whether a text looks like one of ours: no carrier may give an order the reference of another. */
export function isOwnTrackingReference(text: string): boolean {
  return FORM.test(text);
}
