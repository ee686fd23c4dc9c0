import { etagOf, parseIfMatch } from '../http/etag.ts';

const TAG = /^"\w(\d{1,15})"$/;

/**
 * The versions of a level that an `If-Match` names; undefined when any will do. Tags that are none
 * of ours name no version. The ledger compares, in the transaction that makes the change.
 * @throws RefusedError invalid_request as `parseIfMatch`
 */
export function expectedVersions(ifMatch: string | undefined): readonly number[] | undefined {
  return parseIfMatch(ifMatch)?.flatMap((tag) => {
    const version = Number(TAG.exec(tag)?.[1]);
    return tag === etagOf(version) ? [version] : [];
  });
}
