import { RefusedError } from '../../shared/domain/errors.ts';

/** How a route that looks at `If-Match` tells so, for its `headers`. */
export const IF_MATCH =
  'The `ETag` of what the change is made to, or several, or `*`. The change is refused with 412 ' +
  'if the thing has been changed since. Without it the change is made to whatever stands there.';

/** RFC 9110, 8.8.3: an opaque tag in quotes; `W/` makes it a weak one. */
const ENTITY_TAG = /^(W\/)?("[\x21\x23-\x7e\x80-\xff]*")$/;
const TAGS_MAX = 50;

/** The strong `ETag` of a thing whose changes are counted, e.g. `"r7"`. */
export function etagOf(revision: number): string {
  return `"r${revision}"`;
}

/**
 * Evaluates `If-Match` (RFC 9110, 13.1.1) against the `ETag` of what there is. Tags are compared
 * strongly, so a weak one matches nothing; what is no tag at all matches nothing either.
 * @throws RefusedError precondition_failed
 */
export function checkIfMatch(header: string | undefined, current: string): void {
  if (header === undefined) return;
  const tags = header.split(',', TAGS_MAX).map((tag) => tag.trim());
  if (tags.length === 1 && tags[0] === '*') return;
  if (tags.some((tag) => ENTITY_TAG.test(tag) && tag === current)) return;
  const detail = 'It has been changed since. Read it again, and decide on what it is now.';
  throw new RefusedError('precondition_failed', detail);
}
