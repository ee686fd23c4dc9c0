import { RefusedError, refuseField } from '../../shared/domain/errors.ts';

/** How a route that looks at `If-Match` tells so, for its `headers`. */
export const IF_MATCH =
  'The `ETag` of what the change is made to, or several, or `*`. The change is refused with 412 ' +
  'if the thing has been changed since. Without it the change is made to whatever stands there.';

/** The strong `ETag` of a thing whose changes are counted, e.g. `"r7"`. */
export function toEtag(revision: number): string {
  return `"r${revision}"`;
}

/**
 * Parses `If-Match` (RFC 9110, 13.1.1). A tag is returned as we sent it: proxies that compress mark
 * it as weak (`W/"r7"`) or append the coding (`"r7-gzip"`), and what follows a change is compared by
 * revision, which compression leaves as it is.
 * @returns undefined for `*` and where there is no header
 * @throws RefusedError invalid_request when it is neither `*` nor a list of tags
 */
export function parseIfMatch(header: string | undefined): readonly string[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const tags: string[] = [];
  LIST_MEMBER.lastIndex = 0;
  while (LIST_MEMBER.lastIndex < header.length) {
    const found = LIST_MEMBER.exec(header);
    if (found === null) throw malformed();
    const [, tag] = found;
    if (tag !== undefined) tags.push(`"${tag.replace(CODING, '')}"`);
  }
  if (tags.length === 0 || tags.length > TAGS_MAX) throw malformed();
  return tags;
}

/**
 * Evaluates `If-Match` against the `ETag` of what there is.
 * @throws RefusedError precondition_failed, or invalid_request as `parseIfMatch`
 */
export function checkIfMatch(header: string | undefined, current: string): void {
  const tags = parseIfMatch(header);
  if (tags === undefined || tags.includes(current)) return;
  const detail = 'It has been changed since. Read it again, and decide on what it is now.';
  throw new RefusedError('precondition_failed', detail);
}

const TAGS_MAX = 50;
/** RFC 9110, 8.8.3 and 5.6.1: an opaque tag in quotes or nothing, up to the next comma or the end. */
const LIST_MEMBER = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y;
/** What Apache, Caddy, Jetty and others append to the tag of an answer that they compress. */
const CODING = /[-;]+(?:gzip|br|zstd|deflate)$/;

function malformed(): RefusedError {
  const message = `\`*\`, or 1 to ${TAGS_MAX} entity tags in quotes, separated by commas.`;
  return refuseField('invalid_request', 'If-Match', message);
}
