import { etagOf } from '../http/etag.ts';

const TAG = /^"\w(\d{1,15})"$/;
const TAGS_MAX = 50;

/**
 * The versions of a level that an `If-Match` names (RFC 9110, 13.1.1); undefined when any will do.
 * Tags that are none of ours, weak ones among them, name no version. The ledger compares, in the
 * transaction that makes the change.
 */
export function expectedVersions(ifMatch: string | undefined): readonly number[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  return ifMatch.split(',', TAGS_MAX).flatMap((text) => {
    const tag = text.trim();
    const version = Number(TAG.exec(tag)?.[1]);
    return tag === etagOf(version) ? [version] : [];
  });
}
