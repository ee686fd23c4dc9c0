import { z } from '@hono/zod-openapi';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';

/** The `headers` of a route that makes a conditional change. */
export const ifMatchHeader = z.object({
  'If-Match': z
    .string()
    .optional()
    .describe(
      'The `ETag` of the state that you want to change, a list of tags, or `*`. If the resource has ' +
        'been changed since, the request is refused with 412. Without this header, the change is ' +
        'made to the current state.',
    ),
});

/** Returns the strong `ETag` of a revision, e.g. `"r7"`. */
export function toEtag(revision: number): string {
  return `"r${revision}"`;
}

/**
 * Parses `If-Match` (RFC 9110, 13.1.1) and returns the tags as the API sent them. Proxies that
 * compress an answer mark its tag as weak (`W/"r7"`) or append the coding (`"r7-gzip"`). This
 * removes both marks, because compression does not change the revision.
 * @returns undefined for `*` and for a missing header
 * @throws RefusedError invalid_request if the header is neither `*` nor a list of 1 to 50 tags
 */
export function parseIfMatch(header: string | undefined): readonly string[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const tags: string[] = [];
  LIST_MEMBER.lastIndex = 0;
  while (LIST_MEMBER.lastIndex < header.length) {
    const match = LIST_MEMBER.exec(header);
    if (match === null) throw malformed();
    const [, tag] = match;
    if (tag !== undefined) tags.push(`"${tag.replace(CODING, '')}"`);
  }
  if (tags.length === 0 || tags.length > TAGS_MAX) throw malformed();
  return tags;
}

/**
 * Checks `If-Match` against the current `ETag`.
 * @throws RefusedError precondition_failed, or invalid_request if the header is malformed
 */
export function checkIfMatch(header: string | undefined, current: string): void {
  const tags = parseIfMatch(header);
  if (tags === undefined || tags.includes(current)) return;
  const detail =
    'The resource has been changed since the state in If-Match. Read it and decide again.';
  throw new RefusedError('precondition_failed', detail);
}

const TAGS_MAX = 50;
/** A quoted tag or nothing, up to the next comma or the end (RFC 9110, 8.8.3 and 5.6.1). */
const LIST_MEMBER = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y;
/**
 * The suffix that Apache, Caddy, Jetty and others append to the tag of a compressed answer. It is
 * searched only from the first of its dashes, so that a tag of many dashes takes linear time.
 */
const CODING = /(?<![-;])[-;]+(?:gzip|br|zstd|deflate)$/;

function malformed(): RefusedError {
  const message = `It must be \`*\` or 1 to ${TAGS_MAX} quoted entity tags, separated by commas.`;
  return refuseField('invalid_request', 'If-Match', message);
}
